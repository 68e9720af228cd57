import { randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALL, callBody } from '../machine/agent/request-body.ts';
import { NativeAgent } from './guest-agent.fixture.ts';

/* The agent's own program on this computer: what it does with processes and pipes needs no guest to be seen. */

const SECONDS = 10_000;
/** Programs that sleep this long are ours: `pgrep` finds no others of an earlier run. */
const LONG = `1${process.pid}`;
const runsHere = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'ia32');

describe.skipIf(!runsHere)('the guest agent', () => {
  let agent: NativeAgent;
  beforeAll(async () => {
    agent = await NativeAgent.start();
  });
  afterAll(() => agent.stop());

  const sh = (command: string, input: Uint8Array | null = null) =>
    agent.run({ argv: ['/bin/sh', '-c', command] }, input);

  it('keeps the outputs apart and tells the exit code', async () => {
    const { result, stdout, stderr } = await sh('echo out; echo err >&2; exit 7');
    expect(result).toEqual({ kind: 'exited', code: 7 });
    expect(stdout.toString()).toBe('out\n');
    expect(stderr.toString()).toBe('err\n');
  });

  it('passes bytes through as they are, both ways, at any length', async () => {
    const input = new Uint8Array(randomBytes(3_000_001));
    const { stdout, result } = await sh('cat', input);
    expect(result).toEqual({ kind: 'exited', code: 0 });
    expect(Buffer.compare(stdout, input)).toBe(0);
  });

  it('loses nothing of two streams that are written in turns', async () => {
    const { stdout, stderr } = await sh(
      'i=0; while [ $i -lt 250 ]; do head -c 4096 /dev/zero; head -c 4096 /dev/zero >&2; i=$((i+1)); done',
    );
    expect([stdout.byteLength, stderr.byteLength]).toEqual([1_024_000, 1_024_000]);
  });

  it('tells the signal that killed a command', async () => {
    expect((await sh('kill -SEGV $$')).result).toEqual({ kind: 'signalled', signal: 11 });
  });

  it('runs twenty at a time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => sh(`echo ${index}; exit ${index}`)));
    expect(all.map(({ stdout, result }) => [stdout.toString(), result])).toEqual(
      Array.from({ length: 20 }, (_, index) => [`${index}\n`, { kind: 'exited', code: index }]),
    );
  });

  it('says why a command cannot be started', async () => {
    await expect(agent.run({ argv: ['no-such-program'] })).rejects.toMatchObject({ exitCode: 127, code: 'not-found' });
    await expect(agent.run({ argv: ['/etc/passwd'] })).rejects.toMatchObject({ exitCode: 126 });
    await expect(agent.run({ argv: ['true'], cwd: '/no/such/folder' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('gives it the folder and environment that were asked for, beside its own', async () => {
    const { stdout } = await agent.run({
      argv: ['sh', '-c', 'pwd; echo "$A|$PATH|$LANG"'],
      cwd: '/usr',
      env: { A: 'b c', LANG: 'C' },
    });
    expect(stdout.toString()).toBe('/usr\nb c|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|C\n');
  });

  it('gives it a terminal of its own', async () => {
    const { stdout } = await agent.run({ argv: ['sh', '-c', 'tty; stty size'], terminal: { columns: 100, rows: 30 } });
    expect(stdout.toString()).toMatch(/^\/dev\/pts\/\d+\r\n30 100\r\n$/);
  });

  it('takes arguments longer than a frame', async () => {
    const long = 'x'.repeat(100_000);
    const { stdout } = await agent.run({ argv: ['sh', '-c', 'printf %s "$1" | wc -c', 'sh', long] });
    expect(stdout.toString().trim()).toBe('100000');
  });

  it('starts a file without a first line with the shell, as exec(3) does', async () => {
    const script = path.join(agent.folder, 'script');
    await writeFile(script, 'echo "ran $1"\n', { mode: 0o755 });
    expect((await agent.run({ argv: [script, 'here'] })).stdout.toString()).toBe('ran here\n');
  });

  it('does not wait for what a command left behind, and ends with it', async () => {
    const { result, stdout } = await sh(`sleep ${LONG} & echo started; exit 3`);
    expect(result).toEqual({ kind: 'exited', code: 3 });
    expect(stdout.toString()).toBe('started\n');
    await sh(`pkill -f '^sleep ${LONG}$' || true`);
  });

  it('kills a command with all of its session, jobs in groups of their own included', async () => {
    const ended = new Promise((resolve, reject) => {
      const command = agent.session.start(
        { argv: ['bash', '-c', `set -m; sleep ${LONG} & sleep ${LONG} & echo ready; wait`], user: agent.user },
        {
          started: () => undefined,
          taken: () => undefined,
          refused: reject,
          lost: reject,
          output: () => command.signal(9),
          ended: resolve,
        },
      );
    });
    expect(await ended).toEqual({ kind: 'signalled', signal: 9 });
    expect((await sh(`pgrep -f '^sleep ${LONG}$' | wc -l`)).stdout.toString().trim()).toBe('0');
  });

  it('forgets the session there was when another begins, and kills what ran in it', async () => {
    const lost = new Promise((resolve, reject) => {
      agent.session.start(
        { argv: ['sh', '-c', `yes & sleep ${LONG}`], user: agent.user },
        {
          started: () => undefined,
          taken: () => undefined,
          refused: reject,
          ended: reject,
          output: () => undefined,
          lost: resolve,
        },
      );
    });
    const earlier = agent.ups;
    agent.session.greet();
    await lost;
    await agent.up(earlier + 1);
    expect((await sh(`pgrep -f '^sleep ${LONG}$' | wc -l`)).stdout.toString().trim()).toBe('0');
  });

  it('finds its way back out of anything on its input', async () => {
    for (const size of [1, 11, 4095, 4108, 60_000]) {
      agent.child.stdin.write(randomBytes(size));
      const earlier = agent.ups;
      agent.session.greet();
      await agent.up(earlier + 1);
      expect((await sh('echo here')).stdout.toString()).toBe('here\n');
    }
  });

  it('passes on what others write to its FIFO, line by line', async () => {
    const before = agent.news.length;
    await sh(`printf 'flow a b\\nlease\\n' 1<>${agent.folder}/run/news`);
    while (agent.news.length < before + 2) await agent.session.call(callBody(CALL.ping), 'not asked', SECONDS);
    expect(agent.news.slice(before)).toEqual(['flow a b', 'lease']);
  });

  it('lists, publishes and removes files', async () => {
    const at = (name: string): string => path.join(agent.folder, 'run', name);
    const call = (body: Uint8Array) => agent.session.call(body, 'It was not done', SECONDS);
    await call(callBody(CALL.makeFolder, [0o755, 1], [at('a/b')]));
    await mkdir(path.join(agent.folder, 'away'));
    await sh(`echo new >${at('staged')}; echo old >${at('a/b/file')}; ln -s a/b/file ${at('link')}`);
    await call(callBody(CALL.publish, [0o640], [at('staged'), at('link')]));
    expect(await readFile(at('a/b/file'), 'utf8')).toBe('new\n');
    const facts = new DataView((await call(callBody(CALL.stat, [0], [at('link')]))).buffer);
    expect(facts.getUint32(0, true) & 0o170000).toBe(0o120000);
    const listed = Buffer.from(await call(callBody(CALL.list, [], [at('a/b')])));
    expect(listed.subarray(16).toString()).toBe('file\0');
    expect(listed.readUInt32LE(0)).toBe(0o100640);
    await expect(call(callBody(CALL.remove, [], [at('a')]))).rejects.toMatchObject({ code: 'bad-input' });
    await call(callBody(CALL.remove, [], [at('a/b/file')]));
    await call(callBody(CALL.remove, [], [at('a/b')]));
    await expect(call(callBody(CALL.stat, [1], [at('link')]))).rejects.toMatchObject({ code: 'not-found' });
    await symlink('loop', path.join(agent.folder, 'away', 'loop'));
    await expect(call(callBody(CALL.stat, [1], [path.join(agent.folder, 'away', 'loop')]))).rejects.toThrow(/loop/);
  });
});
