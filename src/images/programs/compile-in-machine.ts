import { createHash } from 'node:crypto';
import { serveLibraryMachine } from '../../library/library-machine.ts';
import type { Library } from '../../library/library.ts';
import { startNodeMachine, type MachineParts } from '../../machine/node-endpoint.ts';
import { parseImageId } from '../../shared/model/ids.ts';
import type { BlobRef } from '../../shared/model/image.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import { FsTree, type FileMeta } from '../fs-tree.ts';
import { layEntry } from '../packages/apk/lay-entry.ts';
import type { ApkPackage } from '../packages/apk/package-file.ts';
import { throwIfCancelled } from '../packages/tool.ts';
import { printableTail } from '../recipe/printable-tail.ts';
import type { ImagePrograms } from './image-programs.ts';

/** The package of Alpine that has the compiler. */
export const ALPINE_COMPILER = 'tcc';
const MEMORY_MIB = 128;
/** A distribution's kernel boots in 20 s; the agent compiles in one. */
const TIMEOUT_MS = 240_000;
const OUTPUT_MAX_CHARACTERS = 2 * 1024 * 1024;
const FOLDER: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };
const TEXT: FileMeta = { mode: 0o644, uid: 0, gid: 0, mtimeS: 0 };

/** The machine's only process. It says the program on the console: there is no agent yet that could be asked for a file. */
const SCRIPT = `#!/bin/busybox sh
export PATH=/usr/bin:/bin
busybox dmesg -n 1
cd /sources
if tcc -nostdlib -static -o /compiled *.c; then
  echo "terrarium: $(busybox sha256sum </compiled)"
  busybox base64 /compiled
  echo "terrarium: end"
else
  echo "terrarium: failed"
fi
exec busybox sleep 1000000
`;
const SAID = /^terrarium: ([0-9a-f]{64}) {2}-\n([A-Za-z0-9+/=\n]+)^terrarium: end\n/m;

export interface CompilerMachine {
  readonly library: Library;
  readonly parts: MachineParts;
  readonly kernel: { readonly bzImage: Uint8Array; readonly initrd: Uint8Array | null };
  readonly programs: ImagePrograms;
  /** The compiler and all that it needs. */
  readonly packages: readonly ApkPackage[];
  /** The kernel's, without `init`. */
  readonly commandLine: string;
  readonly signal: AbortSignal;
}

/**
 * Compiles a program for the guest's processor, of sources that need no C library, in a machine of its own with a compiler
 * of Alpine's: where this computer has none for that processor.
 * @throws FailureError `internal` with what the compiler said; `guest-unresponsive`
 */
export async function compileInMachine(
  sources: ReadonlyMap<string, Uint8Array>,
  { library, parts, kernel, programs, packages, commandLine, signal }: CompilerMachine,
): Promise<Uint8Array> {
  const keep = (bytes: Uint8Array): Promise<BlobRef> => library.blobs.put(bytes);
  const files = await filesOf(sources, packages, programs.busybox, keep);
  const image = {
    id: unwrap(parseImageId('compiler-0000000000000000')),
    kernel: {
      kind: 'distro',
      release: '',
      bzImage: await keep(kernel.bzImage),
      initrd: kernel.initrd === null ? null : await keep(kernel.initrd),
    },
    bios: await keep(programs.bios),
    vgaBios: await keep(programs.vgaBios),
    fsJson: await keep(new TextEncoder().encode(files.toFsJson().text)),
    commandLine: `${commandLine} init=/compile`,
    memoryMib: MEMORY_MIB,
  } as const;
  throwIfCancelled(signal);
  const machine = serveLibraryMachine(await startNodeMachine(parts), { library, image, start: null });
  const stop = (): void => machine.dispose();
  signal.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  try {
    await machine.start({ columns: 80, rows: 25 });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(silent(said)), TIMEOUT_MS);
      machine.client.onEvent((event) => {
        if (event.kind === 'crashed') reject(new FailureError('io', event.message));
      });
      const decoder = new TextDecoder();
      machine.client
        .attach('boot', {
          write: (bytes, drawn) => {
            said = (said + decoder.decode(bytes, { stream: true }).replaceAll('\r', '')).slice(-OUTPUT_MAX_CHARACTERS);
            if (/^terrarium: (?:end|failed)$/m.test(said)) resolve();
            drawn();
          },
        })
        .catch(reject);
    });
    return programIn(said);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    machine.dispose();
  }
}

/** @throws FailureError `internal` for anything but a program that arrived whole */
export function programIn(said: string): Uint8Array {
  const [, sha256, base64] = SAID.exec(said) ?? [];
  const program = Buffer.from(base64 ?? '', 'base64');
  if (sha256 !== undefined && createHash('sha256').update(program).digest('hex') === sha256) return program;
  throw new FailureError(
    'internal',
    `The guest agent did not compile. The image was not built.\n${printableTail(said, 12)}`,
  );
}

async function filesOf(
  sources: ReadonlyMap<string, Uint8Array>,
  packages: readonly ApkPackage[],
  busybox: Uint8Array,
  keep: (bytes: Uint8Array) => Promise<BlobRef>,
): Promise<FsTree> {
  const tree = new FsTree();
  for (const folder of ['proc', 'sys', 'dev', 'tmp', 'bin', 'sources']) tree.addDirectory(folder, FOLDER);
  for (const { entries } of packages) for (const entry of entries) await layEntry(tree, entry, keep);
  tree.addFile('bin/busybox', FOLDER, await keep(busybox));
  tree.addFile('compile', FOLDER, await keep(new TextEncoder().encode(SCRIPT)));
  for (const [name, content] of sources) tree.addFile(`sources/${name}`, TEXT, await keep(content));
  return tree;
}

function silent(said: string): FailureError {
  return new FailureError(
    'guest-unresponsive',
    `The machine that compiles the guest agent did not answer. The image was not built; try again.\n${printableTail(said, 12)}`,
  );
}
