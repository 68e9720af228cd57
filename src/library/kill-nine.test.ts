import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStateId, type VmId } from '../shared/model/ids.ts';
import { unwrap } from '../shared/result.ts';
import { Library } from './library.ts';

const KILLS = 20;

/**
 * Saves snapshots and heads of random pages for ever, and prints each once it is acknowledged. Run
 * by itself, as the app is; pieces have the size a machine sends.
 */
const SAVER = `
  import { randomBytes } from 'node:crypto';
  const { Library } = await import(process.env.LIBRARY_MODULE);
  const dependencies = { now: Date.now, randomBytes: (count) => randomBytes(count) };
  const { library } = await Library.open(process.env.SAVER_HOME, dependencies);
  const [vm] = await library.listVms();
  const config = { v86Version: '0.5.462', imageId: vm.imageId, fsSha256: 'a'.repeat(64), memoryMib: 64, vgaMemoryMib: 2, devices: [] };
  console.log('ready');
  for (let count = 0; ; count += 1) {
    const kind = count % 3 === 2 ? 'head' : 'snapshot';
    const writer = await library.saveState({ vmId: vm.id, kind, content: 'full', name: 'n' + count, config, parent: null });
    for (let piece = 0; piece < 2; piece += 1) await writer.write(randomBytes(1024 * 1024));
    await writer.write(randomBytes(1 + count * 37));
    const { id } = await writer.commit();
    console.log(kind + ' ' + id);
  }
`;

/** Numbers that are the same in every run, so that a failure can be repeated (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('kill -9 while states are being saved', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'terrarium-kill-'));
  });
  afterEach(async () => rm(home, { recursive: true }));

  const open = (): ReturnType<typeof Library.open> =>
    Library.open(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });

  /** Runs the saver and kills it some time after its next acknowledgement. @returns what it acknowledged */
  async function saveAndKill(afterMs: number): Promise<string[]> {
    const saver = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SAVER], {
      cwd: path.resolve(import.meta.dirname, '..', '..'),
      env: { ...process.env, SAVER_HOME: home, LIBRARY_MODULE: path.join(import.meta.dirname, 'library.ts') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let problems = '';
    saver.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    const ended = once(saver, 'exit');
    const lines: string[] = [];
    const reader = createInterface(saver.stdout);
    reader.on('line', (line) => {
      lines.push(line);
      // The moment is random; that something is being written then is not: it saves without a break.
      if (line === 'ready') setTimeout(() => saver.kill('SIGKILL'), afterMs);
    });
    await once(reader, 'close');
    const [, signal] = (await ended) as [number | null, string | null];
    expect(signal, problems).toBe('SIGKILL');
    // A line that was cut off is no acknowledgement; ids have 16 digits.
    return lines.filter((line) => /^(head|snapshot) st-[0-9a-f]{16}$/.test(line));
  }

  it(`loses nothing that was acknowledged, ${KILLS} times at random moments`, { timeout: 300_000 }, async () => {
    const random = seeded(20260101);
    const { library } = await open();
    const digest = 'b'.repeat(64);
    const blob = { sha256: digest, sizeBytes: 1 };
    // Written by hand: the VM needs an image record, not an image.
    await library.images.put({
      format: 1,
      id: 'tiny-1' as never,
      name: 'tiny',
      recipe: 'tiny',
      createdAt: library.timestamp(),
      v86Version: '0.5.462',
      kernel: { kind: 'tuned', release: '6.1', bzImage: blob, initrd: null },
      bios: blob,
      vgaBios: blob,
      fsJson: blob,
      fileCount: 0,
      fileBytes: 0,
      packages: {},
      commandLine: '',
      memoryMib: 64,
      base: unwrap(parseStateId('st-base')),
    });
    const { id } = await library.createVm({ name: 'killed', imageId: 'tiny-1' as never, memoryMib: 64 });

    let acknowledgedInAll = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const acknowledged = await saveAndKill(Math.floor(random() * 250));
      acknowledgedInAll += acknowledged.length;
      await verify(`kill ${round}`, acknowledged, id);
    }
    // Otherwise the kills would all have come before anything was saved.
    expect(acknowledgedInAll).toBeGreaterThan(KILLS);
  });

  async function verify(when: string, acknowledged: readonly string[], vmId: VmId): Promise<void> {
    const { library, report } = await open();
    expect(report.problems, when).toEqual([]);
    const { states, damaged } = await library.states.list();
    expect(damaged, when).toEqual([]);

    const listed: string[] = states.map((state) => state.id);
    const of = (kind: string): string[] =>
      acknowledged.filter((line) => line.startsWith(kind)).map((line) => line.split(' ')[1]!);
    expect(listed, when).toEqual(expect.arrayContaining(of('snapshot')));
    // The newest head is the VM's, or one that was durable when the kill came before its acknowledgement.
    const vm = await library.getVm(vmId);
    if (of('head').length > 0) expect(vm.head, when).not.toBeNull();
    if (vm.head !== null) expect(listed, when).toContain(vm.head);

    for (const state of states) {
      const hashes: string[] = [];
      let sizeBytes = 0;
      for await (const piece of library.states.read(state)) {
        hashes.push(createHash('sha256').update(piece).digest('hex'));
        sizeBytes += piece.byteLength;
      }
      expect(hashes, `${when}: ${state.id}`).toEqual(state.pieceSha256);
      expect(sizeBytes).toBe(state.sizeBytes);
    }
    const names = await readdir(home, { recursive: true });
    expect(
      names.filter((name) => name.includes('.new-')),
      when,
    ).toEqual([]);
    expect((await readdir(path.join(home, 'states'))).sort(), when).toEqual([...listed].sort());
    // The next round starts from what a person would keep.
    for (const state of states.slice(0, -3)) if (state.kind === 'snapshot') await library.deleteSnapshot(state.id);
  }
});
