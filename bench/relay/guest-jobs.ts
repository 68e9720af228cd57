import { createHash, randomFillSync } from 'node:crypto';
import { QUEUE_BYTES, type ByteStream, type Dialler } from './byte-stream.ts';
import type { Direction } from './protocol.ts';

const DIGEST_BYTES = 32;
const ECHO_WARM_UP_ROUNDS = 200;
/** Larger than any queue on the way, so that what arrives twice or misplaced does not look right. */
const block = randomFillSync(new Uint8Array(8 * 1024 * 1024));
const PIECE_BYTES = 256 * 1024;

/** Times a whole transfer, from before the connection until the hash of the other end has come and is right. */
export async function transfer(
  dialler: Dialler,
  direction: Direction,
  port: number,
  byteCount: number,
): Promise<{ mibPerS: number }> {
  const began = performance.now();
  const stream = await dialler.open(port);
  await (direction === 'up' ? upload(stream, byteCount) : download(stream, byteCount));
  return { mibPerS: byteCount / 2 ** 20 / ((performance.now() - began) / 1000) };
}

async function upload(stream: ByteStream, byteCount: number): Promise<void> {
  const hash = createHash('sha256');
  let sent = 0;
  const answer: Uint8Array[] = [];
  const ended = untilEnd(stream);
  stream.onData = (bytes) => answer.push(bytes.slice());
  stream.onSpace = () => {
    while (sent < byteCount && stream.queuedBytes < QUEUE_BYTES) {
      const at = sent % block.byteLength;
      const piece = block.subarray(at, at + Math.min(PIECE_BYTES, byteCount - sent));
      sent += piece.byteLength;
      hash.update(piece);
      stream.send(piece);
      if (sent === byteCount) stream.end();
    }
  };
  stream.onSpace();
  await ended;
  compare(Buffer.concat(answer), hash.digest());
}

async function download(stream: ByteStream, byteCount: number): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  const rest: Uint8Array[] = [];
  const ended = untilEnd(stream);
  stream.onData = (bytes) => {
    const content = bytes.subarray(0, Math.max(0, byteCount - received));
    received += content.byteLength;
    hash.update(content);
    if (content.byteLength < bytes.byteLength) rest.push(bytes.slice(content.byteLength));
  };
  const request = new Uint8Array(8);
  new DataView(request.buffer).setBigUint64(0, BigInt(byteCount));
  stream.send(request);
  await ended;
  stream.end();
  compare(Buffer.concat(rest), hash.digest());
}

function untilEnd(stream: ByteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.onEnd = resolve;
    stream.onFailure = (reason) => reject(new Error(`The connection broke: ${reason}.`));
  });
}

function compare(theirs: Buffer, ours: Buffer): void {
  if (theirs.byteLength !== DIGEST_BYTES || !theirs.equals(ours)) throw new Error('The two ends have different bytes.');
}

export async function echo(dialler: Dialler, port: number, rounds: number): Promise<{ p50Ms: number; p99Ms: number }> {
  const stream = await dialler.open(port);
  const byte = Uint8Array.of(1);
  const times: number[] = [];
  let sentAt = 0;
  await new Promise<void>((resolve, reject) => {
    stream.onFailure = (reason) => reject(new Error(`The connection broke: ${reason}.`));
    let round = 0;
    const next = (): void => {
      round += 1;
      if (round > rounds + ECHO_WARM_UP_ROUNDS) return resolve();
      sentAt = performance.now();
      stream.send(byte);
    };
    stream.onData = () => {
      if (round > ECHO_WARM_UP_ROUNDS) times.push(performance.now() - sentAt);
      // Outside of the connection's own call.
      setImmediate(next);
    };
    next();
  });
  stream.end();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** @param diallers as many as there are to be connections at a time */
export async function connects(diallers: readonly Dialler[], port: number, count: number): Promise<{ perS: number }> {
  let begun = 0;
  const began = performance.now();
  const work = async (dialler: Dialler): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const stream = await dialler.open(port);
      const ended = untilEnd(stream);
      stream.end();
      await ended;
    }
  };
  await Promise.all(diallers.map(work));
  return { perS: count / ((performance.now() - began) / 1000) };
}

/** Every guest transfers as much as it can. */
export async function flood(
  diallers: readonly Dialler[],
  direction: Direction,
  port: number,
  forMs: number,
): Promise<{ byteCounts: number[]; seconds: number }> {
  const byteCounts = diallers.map(() => 0);
  const streams = await Promise.all(diallers.map((dialler) => dialler.open(port)));
  streams.forEach((stream, index) => {
    const add = (byteCount: number): void => {
      byteCounts[index] = (byteCounts[index] ?? 0) + byteCount;
    };
    if (direction === 'down') stream.onData = (bytes) => add(bytes.byteLength);
    else {
      stream.onSpace = () => {
        while (stream.queuedBytes < QUEUE_BYTES) {
          stream.send(block.subarray(0, PIECE_BYTES));
          add(PIECE_BYTES);
        }
      };
      stream.onSpace();
    }
  });
  // Until the windows have opened and every queue is full.
  await new Promise((resolve) => setTimeout(resolve, FLOOD_SETTLE_MS));
  byteCounts.fill(0);
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const seconds = (performance.now() - began) / 1000;
  const counted = [...byteCounts];
  for (const stream of streams) stream.abort();
  return { byteCounts: counted, seconds };
}

const FLOOD_SETTLE_MS = 1000;
