import { lookup } from 'node:dns/promises';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '../../../shared/result.ts';
import { storageFailure } from '../../../library/durable.ts';
import { throwIfCancelled } from '../tool.ts';
import { MOST_REDIRECTS, nameIn, redirectFault, type Place } from './redirect.ts';

interface RequestOptions {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  /** Each step of the way is looked at before it is taken. */
  readonly redirect: 'manual';
}

/** The outside world of a download. */
export interface DownloadSurroundings {
  readonly fetch: (url: string, init: RequestOptions) => Promise<Response>;
  /** The addresses that a name stands for. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
  /** @throws when aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Download {
  readonly url: string;
  /** The same file on other servers, which are asked in turn when this one cannot be reached. */
  readonly elsewhere?: readonly string[];
  /** Where it will be once it is complete and checked. */
  readonly target: string;
  readonly maxBytes: number;
  /** null: not known. */
  readonly sizeBytes: number | null;
  /** @throws FailureError when it is not what it should be */
  readonly check: (bytes: Uint8Array) => void | Promise<void>;
  readonly onBytes?: (receivedBytes: number) => void;
}

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
/** No byte for so long, and the connection is given up. */
const STALL_MS = 30_000;
/** One that is slower than this holds others up without end. */
const SLOWEST_BYTES_PER_S = 4096;
/** Answers after which it is worth trying again. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Answers that lead elsewhere. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const SYSTEM: DownloadSurroundings = {
  fetch: (url, init) => fetch(url, init),
  lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
};

/** What may be mended by another try. */
class PassingFault extends Error {}

/** Fetches files over HTTP, goes on where an earlier try stopped, and lets nothing through unchecked. */
export class Downloader {
  private readonly signal: AbortSignal;
  private readonly surroundings: DownloadSurroundings;

  constructor(signal: AbortSignal, surroundings: DownloadSurroundings = SYSTEM) {
    this.signal = signal;
    this.surroundings = surroundings;
  }

  /**
   * @returns the file's content
   * @throws FailureError `not-found` for what the server has not, `io` when it cannot be reached, what `check` throws
   */
  async get(download: Download): Promise<Uint8Array> {
    const partial = `${download.target}.partial`;
    const urls = [download.url, ...(download.elsewhere ?? [])];
    await mkdir(path.dirname(download.target), { recursive: true });
    let fault: unknown = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      throwIfCancelled(this.signal);
      if (attempt > 0) await this.pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      try {
        const url = urls[attempt % urls.length] ?? download.url;
        const isResumed = await this.receive({ ...download, url }, partial);
        const bytes = await readFile(partial);
        try {
          await download.check(bytes);
        } catch (caught) {
          await rm(partial, { force: true });
          // Its beginning may have been of another version of the file.
          if (isResumed)
            throw new PassingFault('what was fetched in two parts does not fit together', { cause: caught });
          throw caught;
        }
        await rename(partial, download.target);
        return bytes;
      } catch (caught) {
        throwIfCancelled(this.signal);
        // Another mirror may lag behind, or be none any more; what counts is what the first one says.
        const isOthers = attempt % urls.length > 0 && caught instanceof FailureError && isOfServer(caught);
        if (!isOthers && !(caught instanceof PassingFault)) {
          if (caught instanceof FailureError && isOfServer(caught)) await rm(partial, { force: true });
          throw caught;
        }
        fault = isOthers ? (fault ?? caught) : caught;
      }
    }
    throw new FailureError(
      'io',
      `“${download.url}” could not be fetched: ${fault instanceof Error ? fault.message : 'no answer'}. What has arrived is kept; try again when the mirror can be reached.`,
      { cause: fault },
    );
  }

  /** @returns whether it went on where an earlier try stopped */
  private async receive(download: Download, partial: string): Promise<boolean> {
    const { url, maxBytes, sizeBytes } = download;
    const present = await sizeOf(partial);
    if (sizeBytes !== null && present === sizeBytes) return true;
    const stall = new AbortController();
    let timer = setTimeout(() => stall.abort(), STALL_MS);
    const whole = setTimeout(
      () => stall.abort(),
      2 * STALL_MS + (1000 * ((sizeBytes ?? maxBytes) - present)) / SLOWEST_BYTES_PER_S,
    );
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (present > 0) headers['range'] = `bytes=${present}-`;
    try {
      const response = await this.ask(url, headers, AbortSignal.any([this.signal, stall.signal]));
      if (response.status === 416) {
        await rm(partial, { force: true });
        throw new PassingFault('the server has less of it than was fetched before');
      }
      if (PASSING_STATUS.has(response.status)) throw new PassingFault(`the server answered ${response.status}`);
      if (response.status === 404)
        throw new FailureError(
          'not-found',
          `The mirror has no “${url}”. The image was not built; try another mirror or release.`,
        );
      if (!response.ok || response.body === null)
        throw new FailureError('io', `“${url}” could not be fetched: the server answered ${response.status}.`);
      const isResumed = response.status === 206 && present > 0;
      let received = isResumed ? present : 0;
      const file = createWriteStream(partial, { flags: isResumed ? 'a' : 'w' });
      // Its faults are told by the write that meets them.
      file.on('error', () => undefined);
      try {
        for await (const piece of response.body) {
          clearTimeout(timer);
          timer = setTimeout(() => stall.abort(), STALL_MS);
          received += piece.byteLength;
          if (received > (sizeBytes ?? maxBytes)) {
            throw new FailureError(
              'damaged',
              `The mirror sends more of “${url}” than there should be. It was refused.`,
            );
          }
          await written(file, piece);
          download.onBytes?.(received);
        }
      } finally {
        await new Promise<void>((resolve) => file.end(resolve));
      }
      if (sizeBytes !== null && received < sizeBytes) throw new PassingFault('the connection ended too early');
      return isResumed;
    } catch (caught) {
      if (caught instanceof PassingFault || caught instanceof FailureError) {
        if (caught instanceof FailureError && caught.code === 'damaged') await rm(partial, { force: true });
        throw caught;
      }
      if (isDisk(caught)) throw storageFailure(caught, `“${url}” could not be kept`);
      throw new PassingFault(stall.signal.aborted ? 'the server fell silent' : reasonOf(caught), { cause: caught });
    } finally {
      clearTimeout(timer);
      clearTimeout(whole);
    }
  }

  /** Follows redirects, as far as they may be. */
  private async ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    let address = new URL(url);
    for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
      const response = await this.surroundings.fetch(address.href, { headers, signal, redirect: 'manual' });
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) return response;
      await response.body?.cancel();
      if (!URL.canParse(location, address))
        throw new FailureError('io', `“${url}” leads to what is no address, which was not followed.`);
      address = new URL(location, address);
      const fault = redirectFault(await this.place(new URL(url)), await this.place(address));
      if (fault !== null) throw new FailureError('io', fault);
    }
    throw new FailureError('io', `“${url}” leads from address to address without end. It was given up.`);
  }

  /** A name server that answers otherwise a moment later, when fetch asks it again, is not found out. */
  private async place(url: URL): Promise<Place> {
    const name = nameIn(url);
    // What cannot be looked up cannot be asked either, which fetch will say.
    const addresses = name === null ? [] : await this.surroundings.lookup(name).catch(() => []);
    return { url, addresses };
  }

  private async pause(ms: number): Promise<void> {
    try {
      await this.surroundings.sleep(ms, this.signal);
    } catch (caught) {
      throwIfCancelled(this.signal);
      throw caught;
    }
  }
}

/** Does the work for each, so many at a time; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && !hasFailed; item = queue.shift()) {
      try {
        await work(item);
      } catch (caught) {
        hasFailed = true;
        throw caught;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Not the disk's, nor of what we were asked for. */
function isOfServer({ code }: FailureError): boolean {
  return code === 'not-found' || code === 'io' || code === 'damaged';
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function written(file: NodeJS.WritableStream, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => file.write(piece, (fault) => (fault ? reject(fault) : resolve())));
}

/** The disk's faults are not the network's: another try would not mend them. */
function isDisk(caught: unknown): boolean {
  return (
    caught instanceof Error && 'code' in caught && ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'].includes(String(caught.code))
  );
}

/** fetch says only “fetch failed”; why stands in its cause. */
function reasonOf(caught: unknown): string {
  if (!(caught instanceof Error)) return 'no answer';
  return caught.cause instanceof Error && caught.cause.message !== '' ? caught.cause.message : caught.message;
}
