import { spawn } from 'node:child_process';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { FailureError } from '../../shared/result.ts';
import { findTool } from '../packages/tool.ts';
import type { ArchiveKind } from './sniff-archive.ts';

/** Programs that unpack what Node 20 cannot, the Debian packages they are in, and how much memory a file may make them take. */
const TOOLS = {
  xz: { command: 'xz', args: ['-dc', '--memlimit-decompress=512MiB'], package: 'xz-utils' },
  zstd: { command: 'zstd', args: ['-dc', '--memory=512MB'], package: 'zstd' },
} as const;

/** Enough to say why a program failed. */
const ERROR_TAIL_CHARACTERS = 500;

/** No root file system packs better than some ten to one; below this size even a wild one does no harm. */
const RATIO_MAX = 200;
const RATIO_FROM_BYTES = 256 * 1024 * 1024;

/** Stops what unpacks to far more than anybody would pack. */
export class RatioGuard {
  private packedBytes = 0;
  private unpackedBytes = 0;
  private readonly what: string;
  private readonly maxBytes: number;

  /** @param what how a person knows the file */
  constructor(what: string, maxBytes: number) {
    this.what = what;
    this.maxBytes = maxBytes;
  }

  packed(bytes: number): void {
    this.packedBytes += bytes;
  }

  /** @throws FailureError `limit` */
  unpacked(bytes: number): void {
    this.unpackedBytes += bytes;
    if (this.unpackedBytes > this.maxBytes) {
      const gib = this.maxBytes / 1024 ** 3;
      throw new FailureError(
        'limit',
        `${this.what} unpacks to more than ${gib} GiB, which no machine here could use. Nothing was imported.`,
      );
    }
    if (this.unpackedBytes > RATIO_FROM_BYTES && this.unpackedBytes > RATIO_MAX * this.packedBytes) {
      throw new FailureError(
        'limit',
        `${this.what} unpacks to more than ${RATIO_MAX} times its size, as only a file made to fill disks does. Nothing was imported.`,
      );
    }
  }
}

/**
 * An archive's bytes, unpacked as they come.
 * @throws FailureError `missing-tool`; plain errors for bytes that cannot be unpacked
 */
export async function* unpacked(
  kind: ArchiveKind,
  packed: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  if (kind === 'tar') yield* packed;
  else if (kind === 'gzip') yield* throughStream(zlib.createGunzip(), packed, signal);
  else if (kind === 'zstd' && hasZstd(zlib)) yield* throughStream(zlib.createZstdDecompress(), packed, signal);
  else yield* throughTool(TOOLS[kind], packed, signal);
}

/** What Node has since 22.15. */
function hasZstd(module: object): module is { createZstdDecompress(): Transform } {
  return 'createZstdDecompress' in module;
}

async function* throughStream(
  unpacker: Transform,
  packed: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const feeding = pipeline(packed, unpacker, { signal });
  // Whoever takes the pieces hears of it from the stream itself.
  feeding.catch(() => undefined);
  try {
    for await (const piece of unpacker) yield piece as Uint8Array;
    await feeding;
  } finally {
    unpacker.destroy();
  }
}

async function* throughTool(
  tool: (typeof TOOLS)[keyof typeof TOOLS],
  packed: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  if ((await findTool(tool.command)) === null) {
    throw new FailureError(
      'missing-tool',
      `The program “${tool.command}” is needed to unpack this and is not installed. Install it (sudo apt-get install ${tool.package}), or unpack the file yourself and import the .tar.`,
    );
  }
  const child = spawn(tool.command, tool.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
    // A Ctrl-C at the terminal is for us: a program that ends by itself would look like a damaged file.
    detached: process.platform !== 'win32',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-ERROR_TAIL_CHARACTERS);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  ended.catch(() => undefined);
  const feeding = pipeline(Readable.from(packed, { objectMode: false }), child.stdin, { signal });
  // A program that gives up early closes its input; its exit code says more than that.
  const fed = feeding.then(
    () => null,
    (cause: unknown) => {
      if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') return null;
      child.kill('SIGKILL');
      return { cause };
    },
  );
  try {
    for await (const piece of child.stdout) yield piece as Uint8Array;
    const failure = await fed;
    if (failure) throw failure.cause;
    const exitCode = await ended;
    if (exitCode !== 0) throw new Error(complaint.trim() || `${tool.command} ended with ${exitCode ?? 'a signal'}`);
  } finally {
    child.kill('SIGKILL');
  }
}
