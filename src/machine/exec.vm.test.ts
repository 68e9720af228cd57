import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { OUTPUT_WINDOW_BYTES } from './agent/session.ts';
import type { MachineClient } from './client.ts';
import { collect, runArgv, sh } from './exec.fixture.ts';
import type { StartOptions } from './protocol.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const MIB = 1024 * 1024;

let home = '';
let library: Library;
let image: ImageManifest;
let vm: VmRecord;
const machines: TestMachine[] = [];
beforeAll(async () => {
  home = await copyHome(inject('tinyHome'));
  library = await joinHome(home);
  image = await library.images.find('tiny');
  vm = await library.createVm({ name: 'under test', imageId: image.id, memoryMib: image.memoryMib });
});
afterAll(async () => {
  await library.close();
  await rm(home, { recursive: true });
});

async function start(from: 'base' | StateManifest = 'base', options: Partial<StartOptions> = {}): Promise<TestMachine> {
  const machine = await TestMachine.start({
    library,
    parts: inject('machineParts'),
    vm,
    image,
    from,
    start: options,
  });
  machines.push(machine);
  return machine;
}

/** How many processes of the guest have a command line with this in it; the pattern does not match itself. */
async function processes(client: MachineClient, pattern: string): Promise<number> {
  return Number(await sh(client, `ps -o args | grep -c '[${pattern[0]}]${pattern.slice(1)}' || true`));
}

/** A shell command that kills those whose command line is this. */
function killing(commandLine: string): string {
  return `kill -9 $(ps -o pid,args | awk -v line='${commandLine}' '{ pid = $1; $1 = ""; if ($0 == " " line) print pid }')`;
}

describe('a command in a tiny machine', () => {
  let client: MachineClient;
  beforeAll(async () => {
    ({ client } = await start());
  });
  afterAll(() => {
    for (const machine of machines.splice(0)) machine.dispose();
  });

  it('has its outputs apart, and its exit code', async () => {
    const { stdout, stderr, result } = await runArgv(client, ['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect([text(stdout), text(stderr), result]).toEqual(['out\n', 'err\n', { kind: 'exited', code: 7 }]);
  });

  it('gets its arguments as they are, past any shell', async () => {
    const odd = ['', ' ', '$HOME', '"', "'", '\\', '\n', '*', 'ä\u{1f40c}', '-n'];
    const { stdout } = await runArgv(client, ['sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...odd]);
    expect(text(stdout).split('\0').slice(0, -1)).toEqual(odd);
  });

  it('is killed when its time is over, with all it started', async () => {
    const script = 'sleep 4242 & setsid sleep 4243 & sleep 4242';
    const { result } = await runArgv(client, ['sh', '-c', script], { timeoutMs: 300 });
    expect(result).toEqual({ kind: 'timed-out' });
    expect(await processes(client, 'sleep 4242')).toBe(0);
    // Who begins a session of its own stays, as with any other `timeout`.
    await sh(client, killing('sleep 4243'));
  });

  it('is killed when its caller gives up, before it runs or after', async () => {
    expect((await runArgv(client, ['sleep', '4244'], { signal: AbortSignal.abort() })).result).toEqual({
      kind: 'cancelled',
    });
    const control = new AbortController();
    const process = await client.exec({ argv: ['sh', '-c', 'echo on; sleep 4244'] }, { signal: control.signal });
    const reader = process.stdout.getReader();
    await reader.read();
    control.abort();
    expect(await process.result).toEqual({ kind: 'cancelled' });
    expect(await processes(client, 'sleep 4244')).toBe(0);
  });

  it('has a place again when it was killed while nobody took its output', async () => {
    for (let round = 0; round < 70; round += 10) {
      const killed = await Promise.all(
        Array.from({ length: 10 }, () => client.exec({ argv: ['sh', '-c', 'sleep 4245 & yes'] }, { timeoutMs: 50 })),
      );
      for (const { result } of killed) expect(await result).toEqual({ kind: 'timed-out' });
      // A slow guest takes its time to kill so many.
      await expect.poll(() => processes(client, 'sh -c sleep 4245'), { timeout: 60_000 }).toBe(0);
    }
    expect(await sh(client, 'echo there')).toBe('there');
    expect(await processes(client, 'yes')).toBe(0);
  });

  it('takes fifty megabytes and gives them back unchanged', async () => {
    const input = new Uint8Array(randomBytes(50 * MIB));
    const { stdout, result } = await runArgv(client, ['cat'], { input });
    expect(result).toEqual({ kind: 'exited', code: 0 });
    expect(sha256(stdout)).toBe(sha256(input));
  });

  it('loses nothing of a megabyte to each stream, in turns', async () => {
    const script = 'i=0; while [ $i -lt 256 ]; do head -c 4096 /dev/zero; head -c 4096 /dev/zero >&2; i=$((i+1)); done';
    const { stdout, stderr, result } = await runArgv(client, ['sh', '-c', script]);
    expect([stdout.byteLength, stderr.byteLength, result]).toEqual([MIB, MIB, { kind: 'exited', code: 0 }]);
  });

  it('runs beside nineteen others', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        runArgv(client, ['sh', '-c', `cat; echo ${index} >&2; exit ${index}`], { input: Buffer.from(`in ${index}`) }),
      ),
    );
    expect(all.map(({ stdout, stderr, result }) => [text(stdout), text(stderr), result])).toEqual(
      Array.from({ length: 20 }, (_, index) => [`in ${index}`, `${index}\n`, { kind: 'exited', code: index }]),
    );
  });

  it('tells the signal that ended it', async () => {
    expect((await runArgv(client, ['sh', '-c', 'kill -TERM $$'])).result).toEqual({ kind: 'signalled', signal: 15 });
    const process = await client.exec({ argv: ['sleep', '4246'] });
    process.kill(2);
    expect(await process.result).toEqual({ kind: 'signalled', signal: 2 });
  });

  it('passes NUL bytes both ways', async () => {
    const input = Uint8Array.of(0, 1, 0, 255, 10, 0);
    expect((await runArgv(client, ['cat'], { input })).stdout).toEqual(input);
  });

  it('runs as whom, where and with what it was asked to', async () => {
    expect(await sh(client, 'id -un; pwd; echo "$HOME $USER $SHELL $LANG"')).toBe(
      'root\n/root\n/root root /bin/sh C.UTF-8',
    );
    const script = 'id -u; id -g; pwd; echo "$HOME|$A|$USER"; touch /root/x';
    const { stdout, stderr, result } = await runArgv(client, ['sh', '-c', script], {
      user: 'nobody',
      cwd: '/usr',
      env: { A: ' b=c\n' },
    });
    expect(text(stdout)).toBe('65534\n65534\n/usr\n/| b=c\n|nobody\n');
    expect([text(stderr), result]).toEqual([expect.stringContaining('Permission denied'), { kind: 'exited', code: 1 }]);
    expect(await sh(client, 'id -u; id -g', { user: '1000:7' })).toBe('1000\n7');
    await expect(runArgv(client, ['true'], { user: 'someone' })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(runArgv(client, ['true'], { cwd: '/none' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(runArgv(client, ['none'])).rejects.toMatchObject({ exitCode: 127 });
    await expect(runArgv(client, ['/etc/passwd'])).rejects.toMatchObject({ exitCode: 126 });
  });

  it('has a terminal of the size it was given, and of the next', async () => {
    const process = await client.exec({
      argv: ['sh', '-c', 'stty size; read x; stty size; sleep 4247'],
      terminal: { columns: 100, rows: 30 },
      hasStdin: true,
    });
    const [reader, writer] = [process.stdout.getReader(), process.stdin.getWriter()];
    let seen = '';
    const until = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(seen)) seen += text((await reader.read()).value ?? new Uint8Array(0));
    };
    await until(/30 100\r\n/);
    process.resize(120, 40);
    await writer.write(Buffer.from('go\r'));
    await until(/40 120\r\n/);
    // Ctrl-C reaches what runs in it.
    await writer.write(Uint8Array.of(3));
    expect(await process.result).toEqual({ kind: 'signalled', signal: 2 });
  });

  it('ends on a terminal when its input does', async () => {
    const { stdout, result } = await runArgv(client, ['cat'], {
      terminal: { columns: 80, rows: 25 },
      input: Buffer.from('line\n'),
    });
    expect([text(stdout), result]).toEqual(['line\r\nline\r\n', { kind: 'exited', code: 0 }]);
  });

  it('stands still while nobody takes its output, and runs on when somebody gives it up', async () => {
    const script = 'head -c 3000000 /dev/zero; echo done >&2';
    const process = await client.exec({ argv: ['sh', '-c', script] });
    let isDone = false;
    const complaint = collect(process.stderr).then((bytes) => {
      isDone = true;
      return text(bytes);
    });
    const reader = process.stdout.getReader();
    const first = await reader.read();
    expect(first.value?.byteLength).toBeLessThanOrEqual(OUTPUT_WINDOW_BYTES);
    // Others go on meanwhile.
    expect(await sh(client, 'echo beside')).toBe('beside');
    expect(isDone).toBe(false);
    await reader.cancel();
    expect(await complaint).toBe('done\n');
    expect(await process.result).toEqual({ kind: 'exited', code: 0 });
  });

  it('comes back when its agent was killed, and those that ran are lost', async () => {
    const process = await client.exec({ argv: ['sleep', '4248'] });
    const lost = expect(process.result).rejects.toMatchObject({ code: 'guest-unresponsive' });
    const terminal = await machines[0]!.terminal();
    expect(await terminal.run(killing('/usr/lib/terrarium/agent'))).toMatchObject({ status: 0 });
    await lost;
    expect(await sh(client, 'echo again')).toBe('again');
  });

  it.each([
    ['random bytes', 'cat /dev/urandom >/dev/hvc3'],
    ['one byte', 'tr "\\0" "\\377" </dev/zero >/dev/hvc3'],
    ['lines', 'yes >/dev/hvc3'],
    ['greetings', `while :; do printf '\\377TERRA\\376\\n%016d' 0 | tr 0 '\\0'; done >/dev/hvc3`],
    ['what the host says', 'cat /dev/hvc3 >/dev/hvc3'],
  ])('runs again after the guest has spoken over its agent with %s', async (_, noise) => {
    const terminal = await machines[0]!.terminal(1);
    const before = process.memoryUsage().rss;
    await terminal.run(`(${noise}) & noise=$!; echo begun`);
    // Whatever becomes of these, they end; and the machine answers its other questions.
    const attempts = Array.from({ length: 5 }, () => sh(client, 'echo through').catch((cause: unknown) => cause));
    for (let round = 0; round < 50; round += 1) await client.request('attach', { console: 2 });
    expect((await terminal.run('echo shell')).output).toBe('shell');
    expect((await terminal.run('kill -9 -$noise')).status).toBe(0);
    for (const outcome of await Promise.all(attempts)) {
      if (outcome !== 'through') expect(outcome).toMatchObject({ code: 'guest-unresponsive' });
    }
    await expect.poll(() => sh(client, 'echo again').catch(() => 'not yet'), { timeout: 60_000 }).toBe('again');
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  });
});

describe('a snapshot of a tiny machine with commands in it', () => {
  afterEach(() => {
    for (const machine of machines.splice(0)) machine.dispose();
  });

  it('gives forks whose commands are their own, with a clock, randomness and name of their own', async () => {
    const { client } = await start();
    const first = machines[0]!;
    const flood = await client.exec({ argv: ['sh', '-c', 'yes OLD-OUTPUT & yes OLD-OUTPUT >&2 & sleep 4250'] });
    const half = await client.exec({ argv: ['sh', '-c', 'head -c 5 >/root/half; cat'], hasStdin: true });
    const writer = half.stdin.getWriter();
    await writer.write(Buffer.from('12345'));
    await sh(client, 'until [ "$(cat /root/half)" = 12345 ]; do sleep 0.05; done; date -s "2001-01-01 00:00:00"');
    const snapshot = await first.save('snapshot');
    // The machine it was taken of runs on as if nothing were.
    await writer.write(Buffer.from('67'));
    await writer.close();
    expect(text(await collect(half.stdout))).toBe('67');
    first.dispose();
    await expect(flood.result).rejects.toMatchObject({ code: 'io' });

    const forks = await Promise.all([start(snapshot, { hostName: 'left' }), start(snapshot, { hostName: 'right' })]);
    const seen = await Promise.all(
      forks.map(async (fork) => {
        const fresh = await runArgv(fork.client, ['sh', '-c', 'echo fresh; echo err >&2; date +%s']);
        const nowS = Date.now() / 1000;
        const [word, clock] = text(fresh.stdout).split('\n');
        expect([word, text(fresh.stderr)]).toEqual(['fresh', 'err\n']);
        expect(Math.abs(Number(clock) - nowS)).toBeLessThanOrEqual(2);
        for (const old of ['yes', 'sleep 4250', 'head -c 5', 'cat$']) {
          expect(await processes(fork.client, old), old).toBe(0);
        }
        const name = await sh(fork.client, 'hostname; head -c 32 /dev/urandom | sha256sum');
        return name.split('\n');
      }),
    );
    expect(seen.map(([name]) => name)).toEqual(['left', 'right']);
    expect(seen[0]![1]).not.toBe(seen[1]![1]);
  });

  it('of a guest whose agent the commands of many snapshots have passed through runs the next', async () => {
    let from: 'base' | StateManifest = 'base';
    for (let round = 1; round <= 4; round += 1) {
      const machine: TestMachine = await start(from);
      const running = Array.from({ length: 30 }, () => machine.client.exec({ argv: ['sleep', '4251'] }));
      await Promise.all(running);
      expect(await processes(machine.client, 'sleep 4251')).toBe(30);
      from = await machine.save('snapshot', 'full', `round ${round}`);
      machine.dispose();
    }
  });
});
