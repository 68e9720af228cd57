import type { TestProject } from 'vitest/node';
import type { MachineParts } from './src/machine/node-endpoint.ts';
import { machineParts, testHome } from './scripts/test-home.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A library folder with the image `tiny`; copy it before writing to it. */
    tinyHome: string;
    machineParts: MachineParts;
  }
}

/** What the real-VM tests stand on. The first run of a new version builds the image. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('machineParts', await machineParts());
  project.provide('tinyHome', await testHome());
}
