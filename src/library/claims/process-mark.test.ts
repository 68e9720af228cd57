import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { isDead, newMark, retireMark, type ProcessMark } from './process-mark.ts';

it.runIf(process.platform === 'linux')('a process that ended, and whose parent never asks how, is dead', async () => {
  // What the shell started is a child of `sleep` afterwards, which does not know of it.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const fields = (): string[] => {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).split(' ');
    };
    await vi.waitUntil(() => fields()[0] === 'Z', { timeout: 10_000 });
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const mark: ProcessMark = {
      pid,
      startedAt: `${boot}/${fields()[19]}`,
      thread: 0,
      host: hostname(),
      token: 'x',
      program: 'command',
    };
    expect(await isDead(mark, '/nowhere')).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});

it.runIf(process.platform === 'linux')('a process of a container is alive as long as it says so itself', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-mark-'));
  const file = path.join(folder, 'mark');
  await writeFile(file, '');
  const ours = await newMark('command');
  retireMark(ours);
  expect(ours.pidNamespace).toMatch(/^pid:\[\d+\]$/);
  expect(await isDead(ours, file)).toBe(true);
  // Here nobody has its process id, or somebody else has.
  const theirs: ProcessMark = { ...ours, pidNamespace: 'pid:[1]' };
  expect(await isDead(theirs, file)).toBe(false);
  await utimes(file, 0, 0);
  expect(await isDead(theirs, file)).toBe(true);
  await rm(folder, { recursive: true });
});
