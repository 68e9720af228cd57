import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../result.ts';
import { BulkClient } from './client.ts';
import { BULK_PIECE_MAX_BYTES, BULK_STREAMS_MAX, BULK_WINDOW_BYTES } from './messages.ts';
import type { PortLike } from './port.ts';
import type { ReadResource, WriteResource } from './resources.ts';
import { serveBulk, type BulkHandlers, type BulkSink, type BulkSource } from './server.ts';

const IMPORT: ReadResource = { kind: 'import', token: '0'.repeat(32) };
const EXPORT: WriteResource = { kind: 'export', token: '0'.repeat(32), sizeBytes: 1 };

/** Lets every message that is under way arrive, and what it causes, for a while. */
async function settle(rounds = 50): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface TestPort extends PortLike {
  readonly posted: unknown[];
}

/** Two ends of a port in one process: asynchronous, in order, messages copied. */
function portPair(onPost: (from: 'client' | 'server', message: unknown) => void = () => undefined): {
  client: TestPort;
  server: TestPort;
} {
  const listeners = { client: [] as ((message: unknown) => void)[], server: [] as ((message: unknown) => void)[] };
  const closers: (() => void)[] = [];
  let closed = false;
  const end = (me: 'client' | 'server', other: 'client' | 'server'): TestPort => {
    const posted: unknown[] = [];
    return {
      posted,
      post: (message) => {
        const copy: unknown = structuredClone(message);
        posted.push(copy);
        onPost(me, copy);
        setImmediate(() => {
          if (!closed) for (const listener of listeners[other]) listener(copy);
        });
      },
      onMessage: (listener) => listeners[me].push(listener),
      onClose: (listener) => closers.push(listener),
      close: () => {
        if (closed) return;
        closed = true;
        setImmediate(() => closers.forEach((listener) => listener()));
      },
    };
  };
  return { client: end('client', 'server'), server: end('server', 'client') };
}

/** A library of one readable resource and one place to write to. */
class Shelf implements BulkHandlers {
  readonly pieces: readonly Uint8Array[];
  readonly written: Uint8Array[] = [];
  commits = 0;
  aborts = 0;
  readsEnded = 0;
  writeHook: () => Promise<void> = () => Promise.resolve();

  constructor(pieces: readonly Uint8Array[] = []) {
    this.pieces = pieces;
  }

  openRead(): Promise<BulkSource> {
    const { pieces } = this;
    const ended = (): void => {
      this.readsEnded += 1;
    };
    const give = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (const piece of pieces) yield await Promise.resolve(piece);
      } finally {
        ended();
      }
    };
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    return Promise.resolve({ header: { sizeBytes, pieceBytes: 1, plan: null }, pieces: give() });
  }

  openWrite(): Promise<BulkSink> {
    return Promise.resolve({
      write: async (piece) => {
        await this.writeHook();
        this.written.push(piece);
      },
      commit: () => {
        this.commits += 1;
        return Promise.resolve({ stateId: 'st-1' });
      },
      abort: () => {
        this.aborts += 1;
        return Promise.resolve();
      },
    });
  }
}

const pieces = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 });

describe('bulk transfers', () => {
  it('bring any pieces across a read unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (sent) => {
        const ports = portPair();
        serveBulk(ports.server, new Shelf(sent));
        const { header, pieces: arriving } = await new BulkClient(ports.client).read(IMPORT);
        const got: Uint8Array[] = [];
        for await (const piece of arriving) got.push(piece);
        expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
        expect(header.sizeBytes).toBe(Buffer.concat(sent).byteLength);
      }),
      { numRuns: 60 },
    );
  });

  it('bring any pieces across a write unchanged, views of larger buffers included', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (sent) => {
        const ports = portPair();
        const shelf = new Shelf();
        serveBulk(ports.server, shelf);
        const writer = await new BulkClient(ports.client).write(EXPORT);
        const whole = Buffer.concat(sent);
        let offset = 0;
        for (const piece of sent) {
          await writer.write(new Uint8Array(whole).subarray(offset, offset + piece.byteLength));
          offset += piece.byteLength;
        }
        expect(await writer.finish()).toEqual({ stateId: 'st-1' });
        expect(Buffer.concat(shelf.written).equals(whole)).toBe(true);
        expect(shelf).toMatchObject({ commits: 1, aborts: 0 });
      }),
      { numRuns: 60 },
    );
  });

  it('run side by side without mixing', async () => {
    const ports = portPair();
    const shelf = new Shelf([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    serveBulk(ports.server, shelf);
    const client = new BulkClient(ports.client);
    const all = await Promise.all(Array.from({ length: 20 }, () => client.readAll(IMPORT)));
    for (const bytes of all) expect([...bytes]).toEqual([1, 2, 3]);
  });
});

describe('the window', () => {
  const PIECE = 1024 * 1024;
  const many = Array.from({ length: 40 }, (_, index) => new Uint8Array(PIECE).fill(index));

  it('bounds what a read has under way while nobody takes pieces, then delivers all', async () => {
    let inFlight = 0;
    let most = 0;
    const ports = portPair((from, message) => {
      const { t, bytes } = message as { t: string; bytes: unknown };
      if (from === 'server' && t === 'piece') inFlight += (bytes as Uint8Array).byteLength;
      if (from === 'client' && t === 'ack') inFlight -= bytes as number;
      most = Math.max(most, inFlight);
    });
    serveBulk(ports.server, new Shelf(many));
    const { pieces: arriving } = await new BulkClient(ports.client).read(IMPORT);
    await settle();
    expect(inFlight).toBe(BULK_WINDOW_BYTES);
    let index = 0;
    for await (const piece of arriving) {
      expect(piece[0]).toBe(index);
      expect(piece.byteLength).toBe(PIECE);
      index += 1;
    }
    expect(index).toBe(many.length);
    // The limit is looked at before a piece is sent, so the last one may reach over it.
    expect(most).toBeLessThanOrEqual(BULK_WINDOW_BYTES + PIECE);
  });

  it('makes a writer wait for a slow sink', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    shelf.writeHook = () => gate;
    serveBulk(ports.server, shelf);
    const writer = await new BulkClient(ports.client).write(EXPORT);
    let accepted = 0;
    const writing = (async () => {
      for (const piece of many) {
        await writer.write(piece);
        accepted += piece.byteLength;
      }
      return writer.finish();
    })();
    await settle();
    expect(accepted).toBe(BULK_WINDOW_BYTES);
    release();
    await writing;
    expect(Buffer.concat(shelf.written).byteLength).toBe(many.length * PIECE);
  });

  it('cuts off a sender that ignores it, and keeps nothing of what it sent', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    shelf.writeHook = () => gate;
    serveBulk(ports.server, shelf);
    ports.client.post({ t: 'write', id: 7, resource: EXPORT });
    for (const piece of many) ports.client.post({ t: 'piece', id: 7, bytes: piece });
    ports.client.post({ t: 'end', id: 7 });
    await settle();
    release();
    await settle();
    expect(shelf).toMatchObject({ commits: 0, aborts: 1 });
    expect(shelf.written.length).toBeLessThanOrEqual(1);
  });

  it('cuts off a sender of endless empty pieces too', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    shelf.writeHook = () => gate;
    serveBulk(ports.server, shelf);
    ports.client.post({ t: 'write', id: 7, resource: EXPORT });
    for (let count = 0; count < 50_000; count += 1) ports.client.post({ t: 'piece', id: 7, bytes: new Uint8Array(0) });
    ports.client.post({ t: 'end', id: 7 });
    await settle();
    release();
    await settle(200);
    expect(shelf.written.length).toBeLessThan(50_000);
  });
});

describe('transfers that end early', () => {
  it('tell the reader why a resource was refused', async () => {
    const ports = portPair();
    serveBulk(ports.server, {
      openRead: () => Promise.reject(new FailureError('not-found', 'Gone.')),
      openWrite: () => Promise.reject(new FailureError('disk-full', 'Full.')),
    });
    const client = new BulkClient(ports.client);
    await expect(client.read(IMPORT)).rejects.toMatchObject({ code: 'not-found', message: 'Gone.' });
    await expect(client.write(EXPORT)).rejects.toMatchObject({ code: 'disk-full', message: 'Full.' });
  });

  it('tell a reader of a failure in the middle, after the pieces before it', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    shelf.openRead = () =>
      Promise.resolve({
        header: { sizeBytes: 2, pieceBytes: 1, plan: null },
        pieces: (async function* () {
          yield await Promise.resolve(Uint8Array.of(1));
          throw new FailureError('io', 'The disk failed.');
        })(),
      });
    serveBulk(ports.server, shelf);
    const client = new BulkClient(ports.client);
    const { pieces: arriving } = await client.read(IMPORT);
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const piece of arriving) got.push(...piece);
      })(),
    ).rejects.toMatchObject({ code: 'io', message: 'The disk failed.' });
    expect(got).toEqual([1]);
  });

  it('tell a writer that the disk is full at its next write or its end, and forget what was written', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    shelf.writeHook = () => Promise.reject(new FailureError('disk-full', 'The disk is full.'));
    serveBulk(ports.server, shelf);
    const writer = await new BulkClient(ports.client).write(EXPORT);
    await writer.write(Uint8Array.of(1));
    await settle();
    await expect(writer.write(Uint8Array.of(2))).rejects.toMatchObject({ code: 'disk-full' });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'disk-full', message: 'The disk is full.' });
    expect(shelf).toMatchObject({ commits: 0, aborts: 1 });
  });

  it('report a bug as internal', async () => {
    const ports = portPair();
    serveBulk(ports.server, {
      openRead: () => Promise.reject(new TypeError('x')),
      openWrite: () => Promise.reject(new TypeError('x')),
    });
    await expect(new BulkClient(ports.client).read(IMPORT)).rejects.toMatchObject({ code: 'internal' });
  });

  it('end the source when the reader breaks off', async () => {
    const ports = portPair();
    const shelf = new Shelf(Array.from({ length: 40 }, () => new Uint8Array(1024 * 1024)));
    serveBulk(ports.server, shelf);
    const { pieces: arriving } = await new BulkClient(ports.client).read(IMPORT);
    let taken = 0;
    for await (const piece of arriving) {
      taken += piece.byteLength;
      break;
    }
    await settle();
    expect(taken).toBe(1024 * 1024);
    expect(shelf.readsEnded).toBe(1);
  });

  it('abort the sink when the writer cancels, and refuse its end', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    serveBulk(ports.server, shelf);
    const writer = await new BulkClient(ports.client).write(EXPORT);
    await writer.write(Uint8Array.of(1));
    writer.cancel();
    writer.cancel();
    await settle();
    expect(shelf).toMatchObject({ commits: 0, aborts: 1 });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('fail on both sides when the port closes', async () => {
    const ports = portPair();
    const shelf = new Shelf(Array.from({ length: 40 }, () => new Uint8Array(1024 * 1024)));
    serveBulk(ports.server, shelf);
    const client = new BulkClient(ports.client);
    const { pieces: arriving } = await client.read(IMPORT);
    const writer = await client.write(EXPORT);
    await writer.write(Uint8Array.of(1));
    const opening = client.read(IMPORT);
    ports.client.close();
    await expect(opening).rejects.toMatchObject({ code: 'io' });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'io' });
    await expect(
      (async () => {
        for await (const piece of arriving) expect(piece.byteLength).toBeGreaterThan(0);
      })(),
    ).rejects.toMatchObject({ code: 'io' });
    await expect(client.read(IMPORT)).rejects.toMatchObject({ code: 'io' });
    await settle();
    expect(shelf).toMatchObject({ commits: 0, aborts: 1, readsEnded: 1 });
  });

  it('abort a sink that opens only after the port closed', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    const openWrite = shelf.openWrite.bind(shelf);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    shelf.openWrite = async () => {
      await gate;
      return openWrite();
    };
    const bulk = serveBulk(ports.server, shelf);
    const writing = new BulkClient(ports.client).write(EXPORT);
    await settle();
    bulk.close();
    await expect(writing).rejects.toMatchObject({ code: 'io' });
    release();
    await settle();
    expect(shelf).toMatchObject({ commits: 0, aborts: 1 });
  });

  it('give readAll a size it can trust', async () => {
    for (const sizeBytes of [0, 2, 4]) {
      const ports = portPair();
      serveBulk(ports.server, {
        openWrite: () => Promise.reject(new Error('not used')),
        openRead: () =>
          Promise.resolve({
            header: { sizeBytes, pieceBytes: 1, plan: null },
            pieces: (async function* () {
              yield await Promise.resolve(Uint8Array.of(1, 2, 3));
            })(),
          }),
      });
      await expect(new BulkClient(ports.client).readAll(IMPORT)).rejects.toMatchObject({ code: 'damaged' });
    }
  });
});

describe('a hostile machine', () => {
  it('cannot make the server throw: what does not parse is dropped and counted', async () => {
    const malformed = fc.oneof(
      fc.anything().filter((value) => typeof value !== 'function' && typeof value !== 'symbol'),
      fc.record({
        t: fc.constantFrom('read', 'write', 'piece', 'end', 'ack', 'cancel', 'header'),
        id: fc.oneof(fc.string(), fc.double(), fc.constant(-1)),
      }),
      fc.record({
        t: fc.constant('read'),
        id: fc.nat(),
        resource: fc.record({ kind: fc.constant('file'), sha256: fc.string() }),
      }),
      fc.record({
        t: fc.constant('read'),
        id: fc.nat(),
        resource: fc.record({ kind: fc.constantFrom('path', '../state') }),
      }),
      fc.record({ t: fc.constant('piece'), id: fc.nat(), bytes: fc.oneof(fc.string(), fc.array(fc.nat())) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(malformed, { minLength: 1, maxLength: 20 }), async (messages) => {
        let deliver: (message: unknown) => void = () => undefined;
        const answers: unknown[] = [];
        const shelf = new Shelf();
        const bulk = serveBulk(
          {
            post: (message) => answers.push(message),
            onMessage: (listener) => (deliver = listener),
            onClose: () => undefined,
            close: () => undefined,
          },
          shelf,
        );
        for (const message of messages) deliver(message);
        await settle(3);
        const wellFormed = messages.filter(
          (message) =>
            typeof message === 'object' &&
            message !== null &&
            't' in message &&
            'id' in message &&
            ['end', 'cancel'].includes(String(message.t)) &&
            Number.isInteger(message.id) &&
            Number(message.id) >= 0,
        );
        expect(bulk.malformedCount()).toBe(messages.length - wellFormed.length);
        expect(answers).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('cannot send a piece beyond the limit', async () => {
    const ports = portPair();
    const bulk = serveBulk(ports.server, new Shelf());
    ports.client.post({ t: 'write', id: 0, resource: EXPORT });
    ports.client.post({ t: 'piece', id: 0, bytes: new Uint8Array(BULK_PIECE_MAX_BYTES + 1) });
    await settle(5);
    expect(bulk.malformedCount()).toBe(1);
  });

  it('cannot open more streams than the limit, and can again when some ended', async () => {
    const ports = portPair();
    const release: (() => void)[] = [];
    const shelf = new Shelf();
    const openRead = shelf.openRead.bind(shelf);
    shelf.openRead = async () => {
      await new Promise<void>((resolve) => release.push(resolve));
      return openRead();
    };
    serveBulk(ports.server, shelf);
    const client = new BulkClient(ports.client);
    const open = Array.from({ length: BULK_STREAMS_MAX }, () => client.readAll(IMPORT));
    await settle(3);
    await expect(client.readAll(IMPORT)).rejects.toMatchObject({ code: 'limit' });
    await expect(client.write(EXPORT)).rejects.toMatchObject({ code: 'limit' });
    for (const each of release.splice(0)) each();
    await Promise.all(open);
    const more = client.readAll(IMPORT);
    await settle(3);
    for (const each of release.splice(0)) each();
    expect((await more).byteLength).toBe(0);
  });

  it('gets nothing for messages about streams it never opened', async () => {
    const ports = portPair();
    const shelf = new Shelf();
    serveBulk(ports.server, shelf);
    for (const t of ['end', 'cancel']) ports.client.post({ t, id: 3 });
    ports.client.post({ t: 'ack', id: 3, bytes: 5 });
    ports.client.post({ t: 'piece', id: 3, bytes: Uint8Array.of(1) });
    await settle(5);
    expect(ports.server.posted).toEqual([]);
    expect(shelf).toMatchObject({ commits: 0, aborts: 0 });
  });
});

describe('the client', () => {
  it('ignores what does not parse or belongs to nothing', async () => {
    const ports = portPair();
    serveBulk(ports.server, new Shelf([Uint8Array.of(1)]));
    const client = new BulkClient(ports.client);
    for (const message of [
      null,
      5,
      { t: 'piece' },
      { t: 'piece', id: 99, bytes: Uint8Array.of(1) },
      { t: 'end', id: 12 },
    ]) {
      ports.server.post(message);
    }
    expect([...(await client.readAll(IMPORT))]).toEqual([1]);
  });
});
