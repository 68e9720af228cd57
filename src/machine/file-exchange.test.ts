import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { FakeAgent, type FakeAnswer } from './agent/fake-agent.fixture.ts';
import { FROM_GUEST, TO_GUEST } from './agent/frames.ts';
import { CALL } from './agent/request-body.ts';
import { EXCHANGE_FOLDER, FileExchange } from './file-exchange.ts';
import type { GuestFiles } from './guest-files.ts';
import { GuestLink } from './guest-link.ts';

const ENOENT = 2;
const EISDIR = 21;

/** As much of the host's side of the guest's files as is used. */
class FakeFiles {
  readonly staged = new Map<string, Uint8Array>();
  write(path: string, bytes: Uint8Array): Promise<{ replaced: boolean }> {
    this.staged.set(path, bytes);
    return Promise.resolve({ replaced: false });
  }
  readQid(qid: number): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.of(qid));
  }
}

function exchange(answer: (call: number, body: Uint8Array) => FakeAnswer): {
  files: FileExchange;
  host: FakeFiles;
  agent: FakeAgent;
} {
  const agent: FakeAgent = new FakeAgent((bytes) => link.receive(bytes));
  agent.answer = answer;
  const link: GuestLink = new GuestLink({
    send: (bytes) => agent.receive(bytes),
    powered: () => undefined,
    hasFlow: () => undefined,
  });
  const host = new FakeFiles();
  return { files: new FileExchange(link, host as unknown as GuestFiles, () => 'name'), host, agent };
}

interface Listed {
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtS: number;
}

function listing(entries: readonly Listed[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      entries.flatMap(({ name, mode, sizeBytes, modifiedAtS }) => [
        Buffer.from(Uint32Array.of(mode, sizeBytes % 2 ** 32, Math.floor(sizeBytes / 2 ** 32), modifiedAtS).buffer),
        Buffer.from(`${name}\0`),
      ]),
    ),
  );
}

/** mode, uid, gid, size, time, links, number, whether the host has it: as job_flush and file_facts tell them. */
function facts(mode: number, sizeBytes: number, ino = 0, isOnHost = 0): Uint8Array {
  return new Uint8Array(Uint32Array.of(mode, 1, 2, sizeBytes, 0, 99, 1, ino, 0, isOnHost).buffer);
}

const texts = (body: Uint8Array, words: number): string[] =>
  Buffer.from(body.subarray(4 * words))
    .toString()
    .split('\0')
    .slice(0, -1);

describe('the exchange of files', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('reads any listing back as it is', async () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', '\n', ' ', '.', 'é', '\u{feff}', '"'), minLength: 1 })
      .filter((each) => each !== '.' && each !== '..');
    const entry = fc.record({
      name,
      mode: fc.constantFrom(0o100644, 0o040755, 0o120777, 0o010600),
      sizeBytes: fc.oneof(fc.nat(100), fc.constant(2 ** 33 + 1)),
      modifiedAtS: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(entry, { selector: (each) => each.name }), async (entries) => {
        const { files } = exchange(() => ({ data: listing(entries) }));
        const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
        expect(
          (await files.readDir('/x')).map(({ name: n, mode, sizeBytes, modifiedAtS }) => [
            n,
            mode,
            sizeBytes,
            modifiedAtS,
          ]),
        ).toEqual(sorted.map((each) => [each.name, each.mode & 0o7777, each.sizeBytes, each.modifiedAtS]));
      }),
    );
  });

  it('takes any other bytes for no listing, and gives no name that leads elsewhere', async () => {
    const good = listing([{ name: 'a', mode: 0o100644, sizeBytes: 1, modifiedAtS: 1 }]);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(good.byteLength).map((end) => good.subarray(0, end)),
      fc
        .constantFrom('', '.', '..', '../x', '/', 'a/b')
        .map((name) => listing([{ name, mode: 0, sizeBytes: 0, modifiedAtS: 0 }])),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        const { files } = exchange(() => ({ data }));
        try {
          for (const { name } of await files.readDir('/x')) {
            expect(name).not.toMatch(/^\.{0,2}$|\//);
          }
        } catch (cause) {
          expect(cause).toBeInstanceOf(FailureError);
          expect(cause).toMatchObject({ code: 'io' });
        }
      }),
      { numRuns: 300 },
    );
    const { files } = exchange(() => ({ data: good.subarray(0, -1) }));
    await expect(files.readDir('/x')).rejects.toMatchObject({ code: 'io' });
  });

  it('lays a file down, has it put under its name, and takes away what is left', async () => {
    const { files, host, agent } = exchange((call) => (call === CALL.remove ? { errno: ENOENT } : {}));
    await files.write('/root/a', Uint8Array.of(1), null);
    await files.write('/root/a', Uint8Array.of(2), 0o4755);
    expect([...host.staged]).toEqual([[`${EXCHANGE_FOLDER}/name`, Uint8Array.of(2)]]);
    expect(agent.calls.map(({ call }) => call)).toEqual([CALL.publish, CALL.remove, CALL.publish, CALL.remove]);
    const [kept, , given] = agent.calls.map(({ body }) => new DataView(body.slice().buffer).getUint32(0, true));
    expect([kept, given]).toEqual([0xffff_ffff, 0o4755]);
    expect(texts(agent.calls[0]!.body, 1)).toEqual([`${EXCHANGE_FOLDER}/name`, '/root/a']);
  });

  it('takes it away when it could not be put there, and says why that was', async () => {
    const { files, agent } = exchange((call) => (call === CALL.publish ? { errno: EISDIR } : { errno: 5 }));
    await expect(files.write('/root', Uint8Array.of(1), null)).rejects.toMatchObject({ code: 'exists' });
    expect(agent.calls.map(({ call }) => call)).toEqual([CALL.publish, CALL.remove]);
  });

  it('reads a file of the host’s by its number, and refuses what is none or too long', async () => {
    let answer: FakeAnswer = { data: facts(0o100644, 5, 44, 1) };
    const { files } = exchange(() => answer);
    expect(await files.read('/root/a', 5)).toEqual(Uint8Array.of(42));
    await expect(files.read('/root/a', 4)).rejects.toMatchObject({ code: 'limit' });
    answer = { data: facts(0o040755, 5, 44, 1) };
    await expect(files.read('/root', 9)).rejects.toMatchObject({ code: 'bad-input' });
    answer = { data: facts(0o100644, 5).subarray(4) };
    await expect(files.read('/root/a', 9)).rejects.toMatchObject({ code: 'io' });
    answer = { errno: ENOENT };
    await expect(files.read('/root/a', 9)).rejects.toMatchObject({
      code: 'not-found',
      message: '/root/a was not read: there is no such file or folder in the VM.',
    });
  });

  it.each([
    ['all it prints', 5, [1, 2, 3, 4, 5], 0, [1, 2, 3, 4, 5]],
    ['no more than was asked for', 4, [1, 2, 3, 4, 5], 0, 'limit'],
    ['nothing when it fails', 5, [1], 1, 'io'],
  ] as const)('reads a file in the guest’s memory with a program: %s', async (_, maxBytes, printed, code, wanted) => {
    const { files, agent } = exchange(() => ({ data: facts(0o100644, 0) }));
    const reading = files.read('/tmp/a', maxBytes).then(
      (bytes) => [...bytes],
      (cause: unknown) => (cause instanceof FailureError ? cause.code : cause),
    );
    await vi.advanceTimersByTimeAsync(0);
    const [exec] = agent.commands;
    expect(exec?.kind).toBe(TO_GUEST.exec);
    for (const byte of printed) agent.frame(FROM_GUEST.stdout, exec!.id, Uint8Array.of(byte));
    agent.frame(FROM_GUEST.stderr, exec!.id, Buffer.from('\u001b[31mbad\nworse'));
    agent.frame(FROM_GUEST.exited, exec!.id, new Uint8Array(Uint32Array.of(0, code).buffer));
    expect(await reading).toEqual(wanted);
  });

  it('refuses a path that does not begin at the root, or has a NUL, before anybody is asked', async () => {
    const { files, agent } = exchange(() => ({}));
    for (const path of ['x', '', './x', '/\0']) {
      for (const attempt of [
        files.stat(path, true),
        files.readDir(path),
        files.makeDir(path, 0o755, true),
        files.rename('/a', path),
        files.remove(path, false),
        files.read(path, 1),
      ]) {
        await expect(attempt).rejects.toMatchObject({ code: 'bad-input' });
      }
    }
    expect(agent.calls).toEqual([]);
  });
});
