import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { BuiltPackage, type Ended, type RunningProgram } from './built-package.fixture.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('terrarium run, as a program', () => {
  let built: BuiltPackage;
  let home = '';
  let folder = '';
  beforeAll(async () => {
    [built, home] = await Promise.all([BuiltPackage.build(), copyHome(inject('tinyHome'))]);
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-run-'));
  });
  afterAll(async () => {
    await built.remove();
    await rm(home, { recursive: true });
    await rm(folder, { recursive: true });
  });
  const at = (...names: string[]): string => path.join(folder, ...names);
  const start = (...args: string[]): RunningProgram => built.command(home, 'run', ...args);
  const run = (...args: string[]): Promise<Ended> => start(...args).input().ended;
  const sh = (script: string, ...options: string[]): Promise<Ended> =>
    run('tiny', ...options, '--', 'sh', '-c', script);

  it('keeps the streams apart and ends with the command’s exit code', async () => {
    expect(await sh('echo out; echo err >&2; exit 7')).toEqual({
      exitCode: 7,
      stdout: Buffer.from('out\n'),
      stderr: 'err\n',
    });
  });

  it('ends a command whose time is over with 124', async () => {
    const { exitCode, stderr } = await run('tiny', '--timeout', '1', '--', 'sleep', '600');
    expect([exitCode, stderr]).toEqual([124, 'terrarium: The command was ended after 1 s.\n']);
  });

  it.each<[string, string[], number, string]>([
    ['a signal', ['sh', '-c', 'kill -9 $$'], 137, ''],
    ['a program that is not there', ['no-such'], 127, 'terrarium: There is no program “no-such” in the VM.\n'],
    ['a file that is none', ['/etc/passwd'], 126, 'terrarium: “/etc/passwd” cannot be run in the VM: '],
    ['a machine that is switched off', ['sh', '-c', 'poweroff; sleep 600'], 125, 'terrarium: The machine switched'],
  ])('says what it was by exit code and sentence: %s', async (_what, argv, code, sentence) => {
    const { exitCode, stdout, stderr } = await run('tiny', '--', ...argv);
    expect([exitCode, stdout.toString(), stderr.startsWith(sentence)]).toEqual([code, '', true]);
    if (sentence === '') expect(stderr).toBe('');
  });

  it('ends with 125 and a sentence when there is no such machine', async () => {
    const { exitCode, stderr } = await run('tinny', '--', 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('There is no image or snapshot called “tinny”. Images: tiny.');
  });

  it('passes 50 MB of random bytes through, unchanged', async () => {
    const bytes = randomBytes(50_000_000);
    const { exitCode, stdout } = await start('tiny', '--', 'cat').input(bytes).ended;
    expect([exitCode, stdout.byteLength, sha256(stdout)]).toEqual([0, bytes.byteLength, sha256(bytes)]);
  });

  it('loses nothing of a megabyte to each stream, interleaved', async () => {
    const { exitCode, stdout, stderr } = await sh(
      'i=0; while [ $i -lt 1024 ]; do printf "%1023d\\n" $i; printf "%1023d\\n" $i >&2; i=$((i+1)); done',
    );
    const expected = Array.from({ length: 1024 }, (_, i) => `${String(i).padStart(1023)}\n`).join('');
    expect([exitCode, stdout.toString() === expected, stderr === expected]).toEqual([0, true, true]);
  });

  it('gives environment, folder, user and arguments as they are', async () => {
    const options = ['--env', 'A=b c', '--env', 'EMPTY=', '--cwd', '/etc', '--user', '1000:1000'];
    const script = 'printf "%s|%s|%s|%s|%s|" "$A" "$EMPTY" "$PWD" "$(id -u):$(id -g)" "$1"';
    const { stdout } = await run('tiny', ...options, '--', 'sh', '-c', script, 'sh', '$HOME "*" \\ --json');
    expect(stdout.toString()).toBe('b c||/etc|1000:1000|$HOME "*" \\ --json|');
  });

  it('copies files and folders in and out', async () => {
    await mkdir(at('in/sub'), { recursive: true });
    const bytes = randomBytes(3_000_000);
    await writeFile(at('in/sub/data'), bytes);
    await writeFile(at('tool'), '#!/bin/sh\ncat /root/in/sub/data\n', { mode: 0o755 });
    const script = '/opt/bin/tool >/root/in/copy; ln -s sub/data /root/in/link; ln -s /etc /root/in/evil; exit 3';
    const { exitCode, stderr } = await sh(
      script,
      ...['--in', `${at('in')}:/root/`, '--in', `${at('tool')}:/opt/bin/tool`],
      ...[
        '--out',
        `/root/in:${at('out')}`,
        '--out',
        `/opt/bin/tool:${at('tool-again')}`,
        '--out',
        `/nowhere:${at('x')}`,
      ],
    );
    expect(exitCode).toBe(3);
    expect(stderr).toContain(
      'terrarium: /root/in was copied without one thing: “evil” is a symbolic link out of the folder.',
    );
    expect(stderr).toContain('/nowhere');
    expect(sha256(await readFile(at('out/copy')))).toBe(sha256(bytes));
    expect(await readlink(at('out/link'))).toBe('sub/data');
    expect(await readFile(at('tool-again'), 'utf8')).toBe(await readFile(at('tool'), 'utf8'));
  });

  it('keeps a machine as a snapshot that goes on from there, unless the command failed', async () => {
    const saved = await sh('mkdir -p /opt/x && echo 1 >/opt/x/v', '--save', 'with-tool');
    expect(saved).toMatchObject({ exitCode: 0, stderr: '' });
    const later = await run('with-tool', '--', 'cat', '/opt/x/v');
    expect(later).toMatchObject({ exitCode: 0, stdout: Buffer.from('1\n') });
    const taken = await sh('echo run', '--save', 'with-tool');
    expect(taken).toMatchObject({ exitCode: 125, stdout: Buffer.alloc(0) });
    expect(taken.stderr).toContain('There is a snapshot called “with-tool” already.');
    const failed = await sh('exit 4', '--save', 'failed');
    expect(failed).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('“failed” was not taken') });
    expect(await sh('exit 4', '--save', 'always', '--save-always')).toMatchObject({ exitCode: 4, stderr: '' });
    const library = await joinHome(home);
    expect((await library.snapshots()).map(({ name, vmId, vmName }) => [name, vmId, vmName]).sort()).toEqual([
      ['always', null, 'tiny'],
      ['with-tool', null, 'tiny'],
    ]);
    await library.close();
  });

  it('gives machines from one snapshot random bytes of their own', async () => {
    const random = (): Promise<Ended> => run('tiny', '--', 'head', '-c', '32', '/dev/urandom');
    const [one, two] = await Promise.all([random(), random()]);
    expect(one.stdout).toHaveLength(32);
    expect(one.stdout.equals(two.stdout)).toBe(false);
  });

  it('prints one document with --json', async () => {
    const { exitCode, stdout } = await start(
      'tiny',
      '--json',
      '--',
      'sh',
      '-c',
      'cat; printf e >&2; kill -15 $$',
    ).input('a\0ü').ended;
    const { durationMs, ...document } = JSON.parse(stdout.toString());
    expect(durationMs).toBeGreaterThan(0);
    expect(exitCode).toBe(143);
    expect(document).toEqual({
      exitCode: 143,
      signal: 15,
      timedOut: false,
      stdout: 'a\0ü',
      stderr: 'e',
      encoding: 'utf-8',
      truncated: false,
      snapshot: null,
      problems: [],
    });
  });

  it('prints one document also when it is stopped', async () => {
    const program = start('tiny', '--json', '--', 'sleep', '600').input();
    // It says nothing, but that it has begun can be seen.
    const claims = async (): Promise<string[]> => readdir(path.join(home, 'claims')).catch(() => []);
    await vi.waitUntil(async () => (await claims()).some((name) => name.startsWith('image-')), { timeout: 30_000 });
    program.child.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await program.ended;
    expect([exitCode, stderr]).toEqual([143, '']);
    expect(JSON.parse(stdout.toString())).toEqual({ error: { code: 'cancelled', message: 'Stopped.' }, exitCode: 143 });
  });

  it('ends as the signal says while it copies out, too', async () => {
    // A guest that never finishes what it is asked to pack.
    const busybox = '/usr/lib/terrarium/busybox';
    const script = `rm -f ${busybox}; printf '#!/bin/sh\nexec sleep 600\n' >${busybox}; chmod 755 ${busybox}; echo done`;
    const copies = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('terrarium-copy-'));
    const before = await copies();
    const program = start('tiny', '--out', `/etc:${at('never')}`, '--', 'sh', '-c', script).input();
    await program.said('done\n');
    await vi.waitUntil(async () => (await copies()).some((name) => !before.includes(name)), { timeout: 30_000 });
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ exitCode: 130, stderr: '' });
    expect([await copies(), (await readdir(folder)).includes('never')]).toEqual([before, false]);
  });

  it('gives a command a terminal when asked', async () => {
    const { stdout } = await sh('tty; stty size; echo err >&2', '--tty', '--env', 'TERM=xterm');
    expect(stdout.toString()).toMatch(/^\/dev\/pts\/\d+\r\n25 80\r\nerr\r\n$/);
  });

  it('passes Ctrl-C on, and ends with 130', async () => {
    const program = start('tiny', '--', 'sh', '-c', "trap 'echo cleaned; exit' INT; echo ready; sleep 600 & wait");
    await program.said('ready\n');
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ exitCode: 130, stdout: Buffer.from('ready\ncleaned\n'), stderr: '' });
  });

  it('ends everything on a second Ctrl-C, and on a polite kill', async () => {
    const stubborn = start('tiny', '--', 'sh', '-c', "trap 'echo no' INT; echo ready; while :; do sleep 1; done");
    await stubborn.said('ready\n');
    stubborn.child.kill('SIGINT');
    await stubborn.said('no\n');
    stubborn.child.kill('SIGINT');
    expect((await stubborn.ended).exitCode).toBe(130);
    const killed = start('tiny', '--', 'sh', '-c', 'echo ready; sleep 600');
    await killed.said('ready\n');
    killed.child.kill('SIGTERM');
    expect(await killed.ended).toMatchObject({ exitCode: 143, stderr: '' });
  });

  it('ends quietly when nobody reads what it prints', async () => {
    const program = start('tiny', '--', 'yes').input();
    await program.said('y\n');
    program.child.stdout?.destroy();
    expect(await program.ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it('leaves nothing behind', async () => {
    const library = await joinHome(home);
    expect(await library.listVms()).toEqual([]);
    const image = await library.images.find('tiny');
    for (const { id } of await library.snapshots()) await library.deleteSnapshot(id);
    // Refused while anybody still holds it.
    await library.deleteImage(image.id);
    await library.close();
  });
});

describe('the example', () => {
  let built: BuiltPackage;
  let home = '';
  beforeAll(async () => {
    [built, home] = await Promise.all([BuiltPackage.build(), copyHome(inject('tinyHome'))]);
  });
  afterAll(async () => {
    await built.remove();
    await rm(home, { recursive: true });
  });

  it('runs as it is, with the package under its own name', async () => {
    const { exitCode, stdout, stderr } = await built.example(home).input().ended;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.toString()).toMatch(
      /^sort ended with 0 and printed:\napple\nfig\npear\n\nlines: 3\n\nkept as “sorted .*”\nand again: 3\n\n$/,
    );
  });
});
