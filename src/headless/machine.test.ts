import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTransferSink, openTransferSource } from '../library/host-transfer.ts';
import type { MachineClient } from '../machine/client.ts';
import type { ExecOptions, ExecProcess, ExecRequest, ExecResult } from '../machine/guest-api.ts';
import type { MachineEvent } from '../machine/protocol.ts';
import { FailureError } from '../shared/result.ts';
import { HeadlessMachine } from './machine.ts';
import { TransferTokens } from './transfers.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (text !== '') controller.enqueue(bytes(text));
      controller.close();
    },
  });
}

/** A guest that answers as told and remembers what it was asked. */
class FakeGuest {
  readonly asked: [name: string, args: unknown][] = [];
  readonly answers = new Map<string, (args: never) => unknown>();
  readonly listeners: ((event: MachineEvent) => void)[] = [];
  readonly result: Promise<ExecResult> = Promise.resolve({ kind: 'exited', code: 7 });
  input = '';
  private endInput = (): void => undefined;
  private kill: (signal: number) => void = () => undefined;
  readonly killed = new Promise<ExecResult>((resolve) => {
    this.kill = (signal) => resolve({ kind: 'signalled', signal });
  });

  readonly client = {
    request: (name: string, args: unknown): Promise<unknown> => {
      this.asked.push([name, args]);
      return Promise.resolve(null).then(() => this.answers.get(name)?.(args as never) ?? null);
    },
    exec: (request: ExecRequest, options: ExecOptions): Promise<ExecProcess> => {
      this.asked.push(['exec', { request, options }]);
      const inputEnded = new Promise<void>((resolve) => {
        this.endInput = resolve;
      });
      return Promise.resolve({
        stdin: new WritableStream({
          write: (piece: Uint8Array) => void (this.input += Buffer.from(piece).toString()),
          close: () => this.endInput(),
        }),
        stdout: streamOf('out'),
        stderr: streamOf('err'),
        result:
          request.hasStdin === true ? Promise.race([inputEnded.then(() => this.result), this.killed]) : this.result,
        kill: (signal) => this.kill(signal),
        resize: () => undefined,
      });
    },
    onEvent: (listener: (event: MachineEvent) => void) => {
      this.listeners.push(listener);
      return () => undefined;
    },
  } as unknown as MachineClient;

  emit(event: MachineEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

describe('a headless machine', () => {
  let guest: FakeGuest;
  let machine: HeadlessMachine;
  let tokens: TransferTokens;
  let ends = 0;
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-machine-'));
    guest = new FakeGuest();
    tokens = new TransferTokens();
    ends = 0;
    machine = new HeadlessMachine({
      client: guest.client,
      name: 'tiny',
      tokens,
      saveSnapshot: (name) => Promise.reject(new FailureError('exists', `no ${name}`)),
      end: () => {
        ends += 1;
        return Promise.resolve();
      },
    });
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (...names: string[]): string => path.join(folder, ...names);

  describe('runs commands', () => {
    it('and gives what they printed and how they ended', async () => {
      const outcome = await machine.run(['prog', 'arg'], { input: 'in', env: { A: 'b' }, timeoutMs: 5 });
      expect(outcome).toMatchObject({ result: { kind: 'exited', code: 7 }, exitCode: 7, isTruncated: false });
      expect([outcome.stdout.toString(), outcome.stderr.toString(), guest.input]).toEqual(['out', 'err', 'in']);
      const request = { argv: ['prog', 'arg'], hasStdin: true, env: { A: 'b' } };
      expect(guest.asked).toEqual([['exec', { request, options: { timeoutMs: 5 } }]]);
    });

    it('without input unless there is some, in a shell when asked', async () => {
      await machine.sh('a | b', { maxOutputBytes: 1 });
      const request = { argv: ['/bin/sh', '-c', 'a | b'], hasStdin: false };
      expect(guest.asked).toEqual([['exec', { request, options: {} }]]);
    });

    it('keeps no more of the output than asked', async () => {
      const { stdout, isTruncated } = await machine.run(['x'], { maxOutputBytes: 2 });
      expect([stdout.toString(), isTruncated]).toEqual(['ou', true]);
    });

    it('kills a command whose input breaks', async () => {
      async function* broken(): AsyncGenerator<Uint8Array, void, void> {
        yield await Promise.reject(new Error('unplugged'));
      }
      await expect(machine.run(['cat'], { input: broken() })).rejects.toThrow('unplugged');
      expect(await guest.killed).toEqual({ kind: 'signalled', signal: 9 });
    });
  });

  describe('ends', () => {
    it('once, when it is closed, and says so to whoever asks', async () => {
      await Promise.all([machine.close(), machine.close()]);
      expect([ends, await machine.ended]).toEqual([1, { kind: 'closed' }]);
      await expect(machine.run(['x'])).rejects.toThrow('The machine has been closed.');
      await expect(machine.readFile('/x')).rejects.toMatchObject({ code: 'illegal-transition' });
    });

    it.each<[MachineEvent, string, string]>([
      [{ kind: 'power', action: 'off' }, 'powered-off', 'The machine switched itself off.'],
      [{ kind: 'power', action: 'reboot' }, 'rebooted', 'The machine wanted to reboot'],
      [{ kind: 'crashed', message: 'Boom.' }, 'crashed', 'The machine crashed: Boom.'],
    ])('by itself: %o', async (event, kind, sentence) => {
      guest.emit(event);
      guest.emit({ kind: 'crashed', message: 'later' });
      expect(await machine.ended).toMatchObject({ kind });
      expect(ends).toBe(1);
      await expect(machine.stat('/')).rejects.toThrow(sentence);
    });

    it('while something waits for it, which then learns why', async () => {
      guest.answers.set('readFile', () => {
        guest.emit({ kind: 'power', action: 'off' });
        throw new FailureError('io', 'The machine was stopped.');
      });
      await expect(machine.readFile('/x')).rejects.toThrow('The machine switched itself off.');
    });
  });

  describe('copies', () => {
    it('no file over a device or a pipe, such as /dev/stdout, by whatever name', async () => {
      guest.answers.set('stat', () => ({ kind: 'file', mode: 0o644 }));
      execFileSync('mkfifo', [at('pipe')]);
      await symlink('pipe', at('link'));
      for (const name of ['pipe', 'link']) {
        await expect(machine.copyOut('/x', at(name))).rejects.toMatchObject({ code: 'unsupported' });
      }
      expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
      expect(guest.asked.map(([name]) => name)).toEqual(['stat', 'stat']);
    });

    it('a file in with its mode, under the name given or into a folder', async () => {
      await writeFile(at('tool'), 'content');
      await chmod(at('tool'), 0o755);
      const seen: string[] = [];
      guest.answers.set('importFile', async ({ token }: { token: string }) => {
        const { header, pieces } = await openTransferSource(tokens.take('import', token)!);
        for await (const piece of pieces) seen.push(Buffer.from(piece).toString());
        return { sizeBytes: header.sizeBytes };
      });
      const progress: number[][] = [];
      const onProgress = (done: number, total: number): void => void progress.push([done, total]);
      const report = await machine.copyIn(at('tool'), '/opt/', { onProgress });
      await machine.copyIn(at('tool'), '/opt/name');
      expect(report).toEqual({ files: 1, folders: 0, symlinks: 0, sizeBytes: 7, leftOut: { count: 0, examples: [] } });
      expect([seen, progress]).toEqual([['content', 'content'], [[7, 7]]]);
      expect(guest.asked.map(([, args]) => args)).toMatchObject([
        { guestPath: '/opt/tool', mode: 0o755 },
        { guestPath: '/opt/name', mode: 0o755 },
      ]);
    });

    it('a folder in and out again, through archives that are gone afterwards', async () => {
      await mkdir(at('in/sub'), { recursive: true });
      await writeFile(at('in/sub/file'), 'content');
      let archive = Buffer.alloc(0);
      let scratch = '';
      guest.answers.set('importTree', async ({ token }: { token: string }) => {
        const { path: file } = tokens.take('import', token)!;
        [scratch, archive] = [path.dirname(file), await readFile(file)];
        return { sizeBytes: archive.byteLength };
      });
      guest.answers.set('stat', () => ({ kind: 'directory', mode: 0o755 }));
      guest.answers.set('exportTree', async ({ token }: { token: string }) => {
        const sink = await createTransferSink(tokens.take('export', token)!, archive.byteLength);
        await sink.write(archive);
        await sink.commit();
        return { sizeBytes: archive.byteLength };
      });
      await machine.copyIn(at('in'), '/data');
      expect(await machine.copyOut('/data', `${folder}/`)).toMatchObject({ files: 1, folders: 1 });
      expect(await readFile(at('data/sub/file'), 'utf8')).toBe('content');
      const pieces: Uint8Array[] = [];
      for await (const piece of machine.readTree('/data')) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(archive)).toBe(true);
      await machine.writeTree('/again', machine.readTree('/data'));
      await expect(stat(scratch)).rejects.toThrow('ENOENT');
    });

    it('a file out, in place of another but not of a folder, runnable if it was', async () => {
      guest.answers.set('stat', () => ({ kind: 'file', mode: 0o755 }));
      guest.answers.set('exportFile', async ({ token }: { token: string }) => {
        const sink = await createTransferSink(tokens.take('export', token)!, 3);
        await sink.write(bytes('new'));
        await sink.commit();
        return { sizeBytes: 3 };
      });
      await writeFile(at('old'), 'older');
      await machine.copyOut('/bin/x', at('old'));
      expect(await readFile(at('old'), 'utf8')).toBe('new');
      expect((await stat(at('old'))).mode & 0o100).toBe(0o100);
      await mkdir(at('folder'));
      await expect(machine.copyOut('/bin/x', at('folder'))).rejects.toMatchObject({ code: 'exists' });
      await machine.copyOut('/bin/x', `${at('folder')}/`);
      expect(await readdir(at('folder'))).toEqual(['x']);
      // What a link leads to is replaced: the link itself may be the system's, as /dev/stdout is.
      await writeFile(at('target'), 'older');
      await symlink('target', at('to-target'));
      await machine.copyOut('/bin/x', at('to-target'));
      expect((await lstat(at('to-target'))).isSymbolicLink()).toBe(true);
      expect(await readFile(at('target'), 'utf8')).toBe('new');
    });

    it('not what is not there, or to where nothing is', async () => {
      await expect(machine.copyIn(at('gone'), '/x')).rejects.toMatchObject({ code: 'not-found' });
      await expect(machine.copyOut('/x', at('gone/x'))).rejects.toMatchObject({ code: 'not-found' });
      guest.answers.set('stat', () => ({ kind: 'other', mode: 0 }));
      await expect(machine.copyOut('/dev/null', at('x'))).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('until it is cancelled', async () => {
      await writeFile(at('file'), 'content');
      const cancel = new AbortController();
      guest.answers.set('importFile', () => {
        cancel.abort();
        return new Promise(() => undefined);
      });
      const copying = machine.copyIn(at('file'), '/x', { signal: cancel.signal });
      await expect(copying).rejects.toMatchObject({ code: 'cancelled' });
    });
  });

  it('takes a snapshot of a guest that does not become quiet, and says so', async () => {
    guest.answers.set('quiesce', () => {
      throw new FailureError('guest-unresponsive', 'busy');
    });
    await expect(machine.snapshot('s')).rejects.toThrow('no s');
    expect(machine.problems).toEqual(['The snapshot was taken while something was at work in the machine.']);
  });
});
