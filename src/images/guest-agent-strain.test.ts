import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame, encodeGreeting, NONCE_BYTES, TO_GUEST } from '../machine/agent/frames.ts';
import { CALL, callBody, execBody } from '../machine/agent/request-body.ts';
import { OUTPUT_WINDOW_BYTES, type Command } from '../machine/agent/session.ts';
import type { ExecRequest, ExecResult } from '../machine/guest-api.ts';
import { AGENT_SOURCES, NativeAgent, workContext } from './guest-agent.fixture.ts';
import { compileWithTcc } from './programs/agent-compiler.ts';
import { findTool, runTool } from './packages/tool.ts';

/* The agent's own program on this computer, under strain: what it is left with, and that it stays alive. */

const LONG = `2${process.pid}`;
const runsHere = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'ia32');
const FRAMES = 10_000;
const TAG = 0x5eed_1234;

interface Running {
  readonly command: Command;
  readonly ended: Promise<ExecResult>;
  /** Resolves once it has printed so much of its standard output that nothing more of that comes. */
  readonly isStuck: Promise<void>;
}

describe.skipIf(!runsHere)('the guest agent under strain', () => {
  let agent: NativeAgent;
  beforeEach(async () => {
    agent = await NativeAgent.start();
  });
  afterEach(() => agent.stop());
  const sh = (command: string, input: Uint8Array | null = null) =>
    agent.run({ argv: ['/bin/sh', '-c', command] }, input);

  /** A command whose output nobody takes. */
  function start(script: string, request: Partial<ExecRequest> = {}): Running {
    const [ended, isStuck] = [deferred<ExecResult>(), deferred<void>()];
    ended.promise.catch(() => undefined);
    let bytes = 0;
    const command = agent.session.start(
      { argv: ['/bin/sh', '-c', script], user: agent.user, ...request },
      {
        started: () => undefined,
        taken: () => undefined,
        output: (stream, piece) => {
          if (stream === 'stdout') bytes += piece.byteLength;
          if (bytes === OUTPUT_WINDOW_BYTES) isStuck.resolve(undefined);
        },
        refused: ended.reject,
        lost: ended.reject,
        ended: ended.resolve,
      },
    );
    return { command, ended: ended.promise, isStuck: isStuck.promise };
  }

  /** Whoever was killed is gone once this computer comes to it, and is waited for after. */
  async function expectNobodyLeft(): Promise<void> {
    await expect.poll(() => agent.children(), { timeout: 30_000 }).toEqual([]);
    await agent.ping();
  }

  /** Its own files and nothing else, and nobody it did not wait for: whatever ran has left nothing. */
  async function expectNothingLeft(before: readonly string[]): Promise<void> {
    await expectNobodyLeft();
    expect(await agent.openFiles()).toEqual(before);
  }

  it('survives any bytes and any frames, and is left with nothing of them', async () => {
    await sh('true');
    const files = await agent.openFiles();
    const kinds = Object.values(TO_GUEST).filter((kind) => kind !== TO_GUEST.hello);
    const text = fc.sample(fc.uint8Array({ maxLength: 60 }), { numRuns: 500, seed: 7 });
    const exec = execBody({ argv: ['/bin/sh', '-c', 'cat; exit 3'], user: agent.user, hasStdin: true });
    const greet = (): Uint8Array =>
      encodeGreeting({
        tag: TAG,
        nonce: new Uint8Array(NONCE_BYTES),
        nowMs: 0,
        entropy: new Uint8Array(32),
        hostName: null,
      });
    const next = randomNumbers(1);
    const payload = (kind: number): Uint8Array => {
      const random = text[next(text.length)] ?? new Uint8Array(0);
      if (next(4) > 0) return random;
      if (kind === TO_GUEST.exec) return exec.map((byte) => (next(60) === 0 ? next(256) : byte));
      if (kind === TO_GUEST.part) return new Uint8Array(next(4097)).fill(next(256));
      // Of the calls none that would change anything outside of the agent's own folder.
      if (kind === TO_GUEST.call) return callBody(next(2) === 0 ? CALL.list : CALL.stat, [], [`${agent.folder}/x`]);
      return new Uint8Array(Uint32Array.of(next(3), next(2) === 0 ? next(300_000) : 0xffff_ffff).buffer);
    };
    const pages = (await agent.usage()).pages;
    const write = (bytes: Uint8Array): Promise<void> =>
      new Promise((resolve) => agent.child.stdin.write(bytes, () => resolve()));
    await write(greet());
    for (let count = 0; count < FRAMES; count += 1) {
      const kind = kinds[next(kinds.length)] ?? TO_GUEST.call;
      await write(encodeFrame(kind, next(40), payload(kind), TAG));
      if (next(100) === 0) await write(text[next(text.length)] ?? new Uint8Array(0));
      if (next(500) === 0) await write(greet());
    }
    expect(agent.child.exitCode).toBeNull();
    await agent.greet();
    await agent.ping();
    expect((await sh('echo still here')).stdout.toString()).toBe('still here\n');
    await expectNothingLeft(files);
    // Sixty-four inputs of 64 KiB at most were held meanwhile, and are given back.
    expect((await agent.usage()).pages - pages).toBeLessThan(64);
  });

  it('runs no instruction while nobody asks', async () => {
    await sh('true');
    const sleeper = start(`sleep ${LONG}`);
    await agent.ping();
    const before = await agent.usage();
    // As long as it takes another program to run for some fifty of its ticks.
    await sh('i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done');
    expect((await agent.usage()).ticks - before.ticks).toBeLessThanOrEqual(2);
    sleeper.command.signal(9);
    await sleeper.ended;
  });

  it('kills a command that has only just been asked for', async () => {
    for (let round = 0; round < 30; round += 1) {
      const { command, ended } = start(`sleep ${LONG}`);
      command.signal(round % 2 === 0 ? 9 : 15);
      expect(await ended).toEqual({ kind: 'signalled', signal: round % 2 === 0 ? 9 : 15 });
    }
  });

  it('is done with a command that is killed, though nobody takes its output', async () => {
    const files = await agent.openFiles();
    for (const terminal of [undefined, { columns: 80, rows: 25 }]) {
      const { command, ended, isStuck } = start('yes & yes >&2', terminal ? { terminal } : {});
      await isStuck;
      command.signal(9);
      expect(await ended).toEqual({ kind: 'signalled', signal: 9 });
    }
    await expectNothingLeft(files);
  });

  it('has a place for a command again when one has ended, however it ended', async () => {
    for (let round = 0; round < 3; round += 1) {
      const all = Array.from({ length: 50 }, (_, index) =>
        start(['exit 3', 'kill -9 $$', 'exec 2>&-', 'cat'][index % 4]!),
      );
      const results = await Promise.all(all.map(({ ended }) => ended));
      expect(results.filter(({ kind }) => kind === 'exited')).toHaveLength(37);
    }
    await expectNobodyLeft();
  });

  it('hears of a command beside one that prints without end', async () => {
    const hogs = [0, 1, 2].map(() => {
      const hog = { command: null as Command | null };
      hog.command = agent.session.start(
        { argv: ['yes'], user: agent.user },
        {
          started: () => undefined,
          taken: () => undefined,
          refused: () => undefined,
          lost: () => undefined,
          ended: () => undefined,
          output: (stream, bytes) => hog.command?.took(stream, bytes.byteLength),
        },
      );
      return hog;
    });
    const { stdout } = await sh('head -c 1000000 /dev/zero');
    expect(stdout.byteLength).toBe(1_000_000);
    await agent.ping();
    for (const { command } of hogs) command?.signal(9);
  });

  it('gives a command its three files and no other', async () => {
    // The fourth is the one it reads that folder through.
    const argv = ['ls', '-1', '/proc/self/fd'];
    const files = '0\n1\n2\n3\n';
    expect((await agent.run({ argv })).stdout.toString()).toBe(files);
    expect((await agent.run({ argv }, new Uint8Array(0))).stdout.toString()).toBe(files);
    const { stdout } = await agent.run({ argv, terminal: { columns: 80, rows: 25 } });
    expect(stdout.toString().replaceAll('\r', '')).toBe(files);
  });

  it('lets the input of a command end while other work goes on', async () => {
    // A list of a FIFO’s folder is quick; what holds on is the reader that nobody writes to.
    const fifo = path.join(agent.folder, 'run', 'fifo');
    await sh(`mkfifo ${fifo}`);
    const waiting = start(`cat ${fifo}`);
    const cats = await Promise.all(Array.from({ length: 10 }, () => sh('cat', new Uint8Array(randomBytes(1000)))));
    expect(cats.map(({ stdout }) => stdout.byteLength)).toEqual(cats.map(() => 1000));
    await sh(`echo done >${fifo}`);
    expect(await waiting.ended).toEqual({ kind: 'exited', code: 0 });
  });

  it('refuses a request that is too long, whatever comes after its parts', async () => {
    await agent.ping();
    const long = callBody(CALL.stat, [0], [`/${'x'.repeat(300_000)}`]);
    await expect(agent.session.call(long, 'It was not done', 10_000)).rejects.toMatchObject({ code: 'bad-input' });
    await agent.ping();
  });

  it('refuses a list that is longer than an answer, and has a place for the next', async () => {
    const folder = path.join(agent.folder, 'many');
    await mkdir(folder);
    // Names of 255 bytes: 62,000 of them with their facts are more than 16 MiB.
    const name = 'n'.repeat(248);
    for (let first = 0; first < 62_500; first += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, index) =>
          writeFile(path.join(folder, `${name}${String(first + index).padStart(7, '0')}`), ''),
        ),
      );
    }
    const answer = agent.session.call(callBody(CALL.list, [], [folder]), 'It was not listed', 60_000);
    await expect(answer).rejects.toMatchObject({ code: 'limit' });
    expect(agent.ups).toBe(1);
    await agent.ping();
    await expectNobodyLeft();
  });

  it('keeps the owner and mode of a file that it replaces', async () => {
    const file = path.join(agent.folder, 'run', 'mine');
    await sh(`echo old >${file}; chmod 4711 ${file}; echo new >${file}.staged`);
    const body = callBody(CALL.publish, [0xffff_ffff], [`${file}.staged`, file]);
    await agent.session.call(body, 'It was not written', 10_000);
    expect((await sh(`stat -c '%a %u' ${file}; cat ${file}`)).stdout.toString()).toBe(`4711 ${agent.user}\nnew\n`);
  });

  it('tells a session that begins later that the machine is about to stop, and nothing else of before', async () => {
    await sh(`printf 'lease\\nreboot\\noffer\\n' 1<>${agent.folder}/run/news`);
    while (agent.news.length < 3) await agent.ping();
    expect(agent.news.splice(0)).toEqual(['lease', 'reboot', 'offer']);
    await agent.greet();
    await agent.ping();
    expect(agent.news).toEqual(['reboot']);
  });

  it('stands still while its host takes nothing, and ends when the host is gone', async () => {
    await agent.ping();
    const { ended } = start('yes');
    agent.child.stdout.pause();
    const exited = new Promise((resolve) => agent.child.once('exit', resolve));
    agent.child.stdin.end();
    expect(await exited).toBe(0);
    agent.session.greet();
    await expect(ended).rejects.toMatchObject({ code: 'guest-unresponsive' });
  });
});

describe.skipIf(!runsHere)('the guest agent, compiled by', () => {
  it('this computer’s compiler, gives it nothing to warn of', async ({ skip }) => {
    if ((await findTool('cc')) === null) skip('there is no C compiler here');
    const options = ['-m32', '-std=gnu99', '-ffreestanding', '-fsyntax-only', '-Wall', '-Wextra'];
    const { exitCode, errorTail } = await runTool('cc', [...options, ...(await sources())], workContext());
    expect([exitCode, errorTail]).toEqual([0, '']);
  });

  it('Debian’s tcc, works as well', async ({ skip }) => {
    if ((await findTool('apt-get')) === null) skip('there is no apt here to get tcc with');
    const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-agent-'));
    await chmod(scratch, 0o755);
    try {
      const out = path.join(scratch, 'agent');
      expect(await compileWithTcc(['-o', out, ...(await sources())], workContext())).toBeNull();
      const agent = await NativeAgent.start(new Uint8Array(await readFile(out)));
      try {
        const input = new Uint8Array(randomBytes(200_000));
        const { stdout, stderr, result } = await agent.run({ argv: ['sh', '-c', 'cat; echo err >&2; exit 7'] }, input);
        expect([Buffer.compare(stdout, input), stderr.toString(), result]).toEqual([
          0,
          'err\n',
          { kind: 'exited', code: 7 },
        ]);
        const size = { columns: 90, rows: 20 };
        expect((await agent.run({ argv: ['stty', 'size'], terminal: size })).stdout.toString()).toBe('20 90\r\n');
        await agent.greet();
        await agent.ping();
      } finally {
        await agent.stop();
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
});

async function sources(): Promise<string[]> {
  const names = await readdir(AGENT_SOURCES);
  return names.filter((name) => name.endsWith('.c')).map((name) => path.join(AGENT_SOURCES, name));
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (cause: Error) => void;
}

function deferred<T>(): Deferred<T> {
  const parts: Omit<Deferred<T>, 'promise'>[] = [];
  const promise = new Promise<T>((resolve, reject) => parts.push({ resolve, reject }));
  const [{ resolve, reject }] = parts as [Omit<Deferred<T>, 'promise'>];
  return { promise, resolve, reject };
}

/** The same numbers in every run: a failure can be seen again. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    // Numerical Recipes' linear congruential generator; its high bits are the good ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
