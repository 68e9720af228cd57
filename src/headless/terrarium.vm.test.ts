import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import type { HeadlessMachine } from './machine.ts';
import { Terrarium } from './terrarium.ts';

describe('Terrarium, for a Node program', () => {
  let home = '';
  let folder = '';
  let terrarium: Terrarium;
  let machine: HeadlessMachine;
  beforeAll(async () => {
    home = await copyHome(inject('tinyHome'));
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-api-'));
    terrarium = Terrarium.over(await joinHome(home), inject('machineParts'));
    machine = await terrarium.launch('tiny');
  });
  afterAll(async () => {
    await terrarium.close();
    await rm(home, { recursive: true });
    await rm(folder, { recursive: true });
  });
  const at = (...names: string[]): string => path.join(folder, ...names);

  it('lists what there is', async () => {
    expect((await terrarium.images()).map(({ name }) => name)).toEqual(['tiny']);
    expect(await terrarium.snapshots()).toEqual([]);
  });

  it('runs 20 commands at a time, each with its own input and output', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        machine.sh(`cat; echo err-${index} >&2; exit ${index}`, { input: `in-${index}` }),
      ),
    );
    expect(outcomes.map(({ exitCode, stdout, stderr }) => [exitCode, stdout.toString(), stderr.toString()])).toEqual(
      Array.from({ length: 20 }, (_, index) => [index, `in-${index}`, `err-${index}\n`]),
    );
  });

  it('ends a command after its time, or when it is cancelled, and all it started', async () => {
    const late = await machine.sh('sleep 7701 & sleep 7702', { timeoutMs: 200 });
    expect([late.result, late.exitCode]).toEqual([{ kind: 'timed-out' }, 124]);
    const cancel = new AbortController();
    const running = machine.sh('sleep 7703', { signal: cancel.signal, onStarted: () => cancel.abort() });
    expect((await running).result).toEqual({ kind: 'cancelled' });
    const { stdout } = await machine.sh('ps | grep "[s]leep 77"');
    expect(stdout.toString()).toBe('');
  });

  it('talks with a command while it runs', async () => {
    const command = await machine.exec({ argv: ['cat'], hasStdin: true });
    const writer = command.stdin.getWriter();
    const reader = command.stdout.getReader();
    for (const word of ['one', 'two']) {
      await writer.write(new TextEncoder().encode(word));
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(word);
    }
    await writer.close();
    await command.stderr.cancel();
    expect(await command.result).toEqual({ kind: 'exited', code: 0 });
  });

  it('reads, writes, lists, moves and removes files, seen by both sides at once', async () => {
    await machine.writeFile('/root/a/b/file', 'first', 0o600);
    expect((await machine.sh('cat /root/a/b/file')).stdout.toString()).toBe('first');
    await machine.writeFile('/root/a/b/file', 'second');
    expect((await machine.sh('cat /root/a/b/file; echo third >/root/a/b/file')).stdout.toString()).toBe('second');
    expect((await machine.readFile('/root/a/b/file')).toString()).toBe('third\n');
    expect(await machine.stat('/root/a/b/file')).toMatchObject({ kind: 'file', sizeBytes: 6, uid: 0 });
    await machine.rename('/root/a/b/file', '/root/a/moved');
    await machine.makeDir('/root/a/c/d');
    expect((await machine.readDir('/root/a')).map(({ name }) => name).sort()).toEqual(['b', 'c', 'moved']);
    await machine.remove('/root/a', { recursive: true });
    await expect(machine.stat('/root/a')).rejects.toMatchObject({ code: 'not-found' });
    expect((await machine.sh('ls /root')).stdout.toString()).not.toContain('a\n');
    // In the guest's memory, where the host's end of its file system does not see.
    await machine.writeFile('/tmp/x', 'tmp');
    expect((await machine.sh('cat /tmp/x')).stdout.toString()).toBe('tmp');
  });

  it('copies folders and streams them as archives', async () => {
    const long = `long-${'ü'.repeat(100)}`;
    await mkdir(at('in', long), { recursive: true });
    await writeFile(at('in', long, 'data'), randomBytes(1_000_000));
    const progress: number[] = [];
    await machine.copyIn(at('in'), '/root/in', { onProgress: (doneBytes) => void progress.push(doneBytes) });
    expect(progress.at(-1)).toBeGreaterThan(1_000_000);
    await machine.writeTree('/root/again', machine.readTree('/root/in'));
    expect((await machine.run(['diff', '-r', '/root/in', '/root/again'])).exitCode).toBe(0);
    expect(await machine.copyOut('/root/again', at('out'))).toMatchObject({ files: 1, folders: 1 });
    expect((await readFile(at('out', long, 'data'))).equals(await readFile(at('in', long, 'data')))).toBe(true);
  });

  it('keeps a machine as a snapshot, and starts others from it', async () => {
    await machine.sh('echo kept >/root/kept');
    const first = await machine.snapshot('first');
    const second = await machine.snapshot('second');
    expect(second).toMatchObject({ name: 'second', vmName: 'tiny', parent: first.id });
    await expect(machine.snapshot('first')).rejects.toMatchObject({ code: 'exists' });
    const { stdout } = await terrarium.run('first', ['cat', '/root/kept']);
    expect(stdout.toString()).toBe('kept\n');
    expect((await machine.run(['true'])).exitCode).toBe(0);
    await expect(terrarium.launch('first', { memoryMib: 128 })).rejects.toMatchObject({ code: 'config-mismatch' });
  });

  it('gives a machine another size and a network when asked', async () => {
    const other = await terrarium.launch('tiny', { memoryMib: 128, network: 'internet', name: 'Größe 128' });
    const { stdout } = await other.sh('hostname; awk "/MemTotal/ { print (\\$2 < 131072) }" /proc/meminfo; ip route');
    expect(stdout.toString()).toMatch(/^[a-z0-9-]*128\n1\ndefault via 10\.0\.2\.2/);
    expect(other.problems).toEqual([]);
    await other.close();
    const offline = await machine.sh('ip route');
    expect(offline.stdout.toString()).toBe('');
  });

  it('says how a machine ended', async () => {
    const other = await terrarium.launch('tiny');
    const command = other.sh('poweroff; sleep 600');
    await expect(command).rejects.toThrow('The machine switched itself off.');
    expect(await other.ended).toEqual({ kind: 'powered-off' });
    await expect(other.run(['true'])).rejects.toMatchObject({ code: 'illegal-transition' });
  });

  it('gives up a launch that is cancelled or fails, and holds nothing of it', async () => {
    await expect(terrarium.launch('tiny', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(terrarium.launch('no-such')).rejects.toMatchObject({ code: 'not-found' });
    const mine = await copyHome(inject('tinyHome'));
    const library = await joinHome(mine);
    const own = Terrarium.over(library, inject('machineParts'));
    await expect(own.launch('tiny', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    const image = await library.images.find('tiny');
    // Refused while anybody still holds it.
    await library.deleteImage(image.id);
    await own.close();
    await rm(mine, { recursive: true });
  });
});
