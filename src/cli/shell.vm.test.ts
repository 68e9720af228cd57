import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { BuiltPackage, type RunningProgram } from '../headless/built-package.fixture.ts';

const LEAVE = '\u001d';

describe('terrarium shell, as a program', () => {
  let built: BuiltPackage;
  let home = '';
  beforeAll(async () => {
    [built, home] = await Promise.all([BuiltPackage.build(), copyHome(inject('tinyHome'))]);
  });
  afterAll(async () => {
    await built.remove();
    await rm(home, { recursive: true });
  });
  const shell = (...args: string[]): RunningProgram => built.command(home, 'shell', ...args);
  async function type(program: RunningProgram, line: string, answer: string): Promise<void> {
    program.child.stdin?.write(`${line}\n`);
    await program.said(answer);
  }

  it('is a console of a machine that is thrown away', async () => {
    const program = shell('tiny', '--net', 'offline');
    await type(program, 'echo sum-$((20 + 22))', 'sum-42');
    program.input(LEAVE);
    const { exitCode, stderr } = await program.ended;
    expect([exitCode, stderr]).toEqual([0, 'Ctrl-] leaves; this machine is then thrown away.\n']);
  });

  it('keeps a VM, which goes on where it was left and runs once', async () => {
    const first = shell('tiny', '--vm', 'work');
    await type(first, 'kept=$((20 + 22)); echo set-$kept', 'set-42');
    const second = await shell('--vm', 'work').input().ended;
    expect(second.exitCode).toBe(125);
    expect(second.stderr).toContain('“work” is running in');
    first.input(LEAVE);
    expect(await first.ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Suspended “work”.') });
    const again = shell('--vm', 'work');
    await type(again, 'echo still-$((kept + 1))', 'still-43');
    // A terminal that is closed says so, and the shell it was in says it again.
    for (const signal of ['SIGHUP', 'SIGHUP', 'SIGTERM', 'SIGINT'] as const) again.child.kill(signal);
    expect((await again.ended).exitCode).toBe(0);
    const library = await joinHome(home);
    expect((await library.listVms()).map(({ name, head }) => [name, head === null])).toEqual([['work', false]]);
    await library.close();
  });

  it('keeps the files of a VM that switched itself off', async () => {
    const program = shell('tiny', '--vm', 'off');
    await type(program, 'echo kept >/root/kept && echo wrote-$((1 + 1))', 'wrote-2');
    await type(program, 'poweroff', 'is switched off; its files are kept.');
    expect((await program.ended).exitCode).toBe(0);
    const again = shell('--vm', 'off');
    // It boots; what is typed before there is anybody to read it is lost.
    await again.said('~ # ');
    await type(again, 'cat /root/kept; echo read-$((1 + 1))', 'read-2');
    again.input(LEAVE);
    expect((await again.ended).stdout.toString()).toContain('kept\r\n');
  });

  it('says what to do when it is not told enough', async () => {
    expect((await shell().input().ended).stderr).toContain('Say which image or snapshot: terrarium shell tiny');
    expect((await shell('--vm', 'nobody').input().ended).stderr).toContain(
      'There is no VM called “nobody” yet. Say what to make it from: terrarium shell tiny --vm nobody',
    );
  });
});
