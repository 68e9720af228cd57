import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { findTool } from '../../images/packages/tool.ts';
import { FailureError } from '../../shared/result.ts';
import { sniffArchive, SNIFFED_BYTES, type ArchiveKind } from './sniff-archive.ts';

/** More than runs in a machine of 2 GiB; a small file that unpacks to a full disk is stopped before that. */
const TAR_MAX_BYTES = 8 * 1024 * 1024 * 1024;

/** Programs that unpack what Node 20 cannot, and the Debian packages they are in. */
const TOOLS = {
  xz: { command: 'xz', package: 'xz-utils' },
  zstd: { command: 'zstd', package: 'zstd' },
} as const;

/** Enough to say why a program failed. */
const ERROR_TAIL_CHARACTERS = 500;

export interface TarballOptions {
  readonly signal: AbortSignal;
  /** Bytes of the compressed file read so far, and of all of it. */
  readonly onProgress: (readBytes: number, sizeBytes: number) => void;
  /** Uncompressed; the bound of the product unless given. */
  readonly maxBytes?: number;
}

/**
 * Gives a task the path of an uncompressed tarball: the file itself, or a temporary one that is removed afterwards.
 * What the file is, its first bytes decide, not its name.
 * @throws FailureError `not-found`, `bad-input` for what is no tarball, `missing-tool`, `limit`
 */
export async function withPlainTar<T>(
  file: string,
  options: TarballOptions,
  task: (tarPath: string) => Promise<T>,
): Promise<T> {
  const { kind, sizeBytes } = await examine(file);
  if (kind === 'tar') return task(file);
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-import-'));
  try {
    const tarPath = path.join(folder, 'rootfs.tar');
    await unpack(file, kind, sizeBytes, tarPath, options);
    return await task(tarPath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function examine(file: string): Promise<{ kind: ArchiveKind; sizeBytes: number }> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    const what =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new FailureError('not-found', `The file ${file} ${what}. Give the path of a root file system’s tarball.`, {
      cause,
    });
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new FailureError('bad-input', `${file} is no file. Give the path of a root file system’s tarball.`);
    }
    const head = new Uint8Array(SNIFFED_BYTES);
    const { bytesRead } = await handle.read(head, 0, SNIFFED_BYTES, 0);
    const kind = sniffArchive(head.subarray(0, bytesRead));
    if (kind !== null) return { kind, sizeBytes: stats.size };
    throw new FailureError(
      'bad-input',
      `${file} is no tarball. A root file system comes as .tar, .tar.gz, .tar.xz or .tar.zst.`,
    );
  } finally {
    await handle.close();
  }
}

async function unpack(
  file: string,
  kind: Exclude<ArchiveKind, 'tar'>,
  sizeBytes: number,
  tarPath: string,
  options: TarballOptions,
): Promise<void> {
  const { signal } = options;
  let readBytes = 0;
  const counted = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      readBytes += chunk.byteLength;
      options.onProgress(readBytes, sizeBytes);
      done(null, chunk);
    },
  });
  const source = createReadStream(file);
  const bounded = boundedTo(options.maxBytes ?? TAR_MAX_BYTES, file);
  const target = createWriteStream(tarPath, { flags: 'wx' });
  try {
    if (kind === 'gzip') await pipeline(source, counted, createGunzip(), bounded, target, { signal });
    else await unpackWithTool(TOOLS[kind], { source, counted, bounded, target, signal });
  } catch (cause) {
    if (signal.aborted) throw new FailureError('cancelled', 'Stopped. Nothing was imported.', { cause });
    if (cause instanceof FailureError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') {
      throw new FailureError(
        'disk-full',
        `There is no room to unpack ${file} in ${tmpdir()}. Free some space there, or set TMPDIR to a folder that has it.`,
        { cause },
      );
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FailureError('damaged', `${file} cannot be unpacked: ${why}. Nothing was imported; fetch it again.`, {
      cause,
    });
  }
}

interface Streams {
  readonly source: Readable;
  readonly counted: Transform;
  readonly bounded: Transform;
  readonly target: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

async function unpackWithTool(tool: (typeof TOOLS)[keyof typeof TOOLS], streams: Streams): Promise<void> {
  const { source, counted, bounded, target, signal } = streams;
  if ((await findTool(tool.command)) === null) {
    throw new FailureError(
      'missing-tool',
      `The program “${tool.command}” is needed to unpack this and is not installed. Install it (sudo apt-get install ${tool.package}), or unpack the file yourself and import the .tar.`,
    );
  }
  const child = spawn(tool.command, ['-dc'], {
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
  // A program that gives up early closes its input; its exit code says more than that.
  const feeding = pipeline(source, counted, child.stdin, { signal }).catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EPIPE')) throw cause;
  });
  try {
    const [exitCode] = await Promise.all([ended, pipeline(child.stdout, bounded, target, { signal }), feeding]);
    if (exitCode !== 0) throw new Error(complaint.trim() || `${tool.command} ended with ${exitCode ?? 'a signal'}`);
  } finally {
    child.kill('SIGKILL');
  }
}

function boundedTo(maxBytes: number, file: string): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes <= maxBytes) return done(null, chunk);
      const gib = maxBytes / 1024 ** 3;
      done(
        new FailureError(
          'limit',
          `${file} unpacks to more than ${gib} GiB, which no machine here could use. Nothing was imported.`,
        ),
      );
    },
  });
}
