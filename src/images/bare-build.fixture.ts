/** A build as a program of its own, for a test that takes the computer's other programs from it. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Library } from '../library/library.ts';
import type { MachineParts } from './base-snapshot.ts';
import type { BuildRequest } from './build-request.ts';
import { buildImage } from './build.ts';

/** Its only argument, as JSON. */
export interface BareBuild {
  readonly home: string;
  readonly cacheRoot: string;
  readonly parts: MachineParts;
  readonly request: Omit<BuildRequest, 'alpine'>;
  readonly mirror: string;
  readonly trustedKeys: readonly string[];
}

const { home, cacheRoot, parts, request, mirror, trustedKeys } = JSON.parse(process.argv[2] ?? '') as BareBuild;
const { library } = await Library.open(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });
const image = await buildImage(
  { ...request, alpine: { mirror, trustedKeys: new Set(trustedKeys) } },
  {
    library,
    cacheRoot,
    resourcesFolder: path.resolve(import.meta.dirname, '..', '..', 'resources'),
    parts,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    warn: (sentence) => process.stderr.write(`${sentence}\n`),
  },
);
process.stdout.write(JSON.stringify(image.packages));
await library.close();
