import { build, type BuildOptions } from 'esbuild';

/** What differs from one bundle of ours to the next. */
export type ProgramBundle = Pick<
  BuildOptions,
  'chunkNames' | 'entryPoints' | 'external' | 'outExtension' | 'outdir' | 'splitting'
>;

/** Bundles programs for plain Node from source, as the build does for those that ship: for tests and benchmarks. */
export async function bundlePrograms(bundle: ProgramBundle): Promise<void> {
  await build({
    ...bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    // What is CommonJS asks for Node's modules by `require`; sources may import `createRequire` by its own name.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
}
