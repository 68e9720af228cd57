import { open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine, type TestMachineOptions } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import { parseStateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { unwrap } from '../shared/result.ts';

const PACK_HEADER_BYTES = 32;

describe('states of a tiny machine', () => {
  let home = '';
  let library: Library;
  let image: ImageManifest;
  let vm: VmRecord;
  const machines: TestMachine[] = [];
  beforeEach(async () => {
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
    image = await library.images.find('tiny');
    vm = await library.createVm({ name: 'under test', imageId: image.id, memoryMib: image.memoryMib });
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) machine.dispose();
    await rm(home, { recursive: true });
  });
  async function start(
    from: TestMachineOptions['from'],
    change: Partial<TestMachineOptions> = {},
  ): Promise<TestMachine> {
    const machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from, ...change });
    machines.push(machine);
    return machine;
  }

  it('bring back a file that was removed after the snapshot', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await terminal.run('echo precious > /root/file; echo running > /tmp/in-memory; cd /mnt; export WORD=kept');
    const snapshot = await machine.save('snapshot', 'full', 'a');
    expect(snapshot).toMatchObject({
      name: 'a',
      kind: 'snapshot',
      content: 'full',
      config: { memoryMib: image.memoryMib },
    });
    await terminal.run('rm /root/file /tmp/in-memory; cd /; unset WORD');
    expect((await terminal.run('cat /root/file')).status).not.toBe(0);
    machine.dispose();

    const restored = await (await start(snapshot)).terminal();
    expect((await restored.run('cat /root/file /tmp/in-memory; pwd; echo $WORD')).output).toBe(
      'precious\nrunning\n/mnt\nkept',
    );
  });

  it('let the machine run on while they are written', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    const saves = [machine.save('snapshot', 'full', 'one'), machine.save('snapshot', 'full', 'two')];
    expect((await terminal.run('echo goes on')).output).toBe('goes on');
    const [one, two] = await Promise.all(saves);
    expect(one!.id).not.toBe(two!.id);
    for (const state of [one!, two!]) {
      const restored = await (await start(state)).terminal();
      expect((await restored.run('echo fine')).output).toBe('fine');
    }
  });

  it('start two machines at once, which then differ', async () => {
    const machine = await start('base');
    await (await machine.terminal()).run('echo common > /root/file');
    const snapshot = await machine.save('snapshot');
    machine.dispose();
    const [left, right] = await Promise.all([start(snapshot), start(snapshot)]);
    const [one, two] = [await left.terminal(), await right.terminal()];
    await Promise.all([one.run('echo left >> /root/file'), two.run('echo right >> /root/file')]);
    const [a, b] = await Promise.all([one.run('cat /root/file'), two.run('cat /root/file')]);
    expect([a.output, b.output]).toEqual(['common\nleft', 'common\nright']);
  });

  it('show what was on the screen when they were taken', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await terminal.run('echo "a line to remember"');
    const second = await machine.terminal(1);
    await second.run('echo "on the second console"');
    const snapshot = await machine.save('snapshot');
    machine.dispose();
    const restored = await start(snapshot);
    expect((await restored.terminal(0)).text()).toContain('\na line to remember\r\n');
    expect((await restored.terminal(1)).text()).toContain('\non the second console\r\n');
    expect((await restored.terminal('boot')).text()).toContain('terrarium: ready');
  });

  it('can be taken while the machine is paused, and it stays paused', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await terminal.run('echo before > /root/file');
    await machine.client.request('pause', null);
    const snapshot = await machine.save('snapshot');
    terminal.forget();
    terminal.type('echo typed-while-$((1+1))-paused\n');
    for (let round = 0; round < 100; round += 1) await machine.client.request('attach', { console: 1 });
    expect(terminal.text()).toBe('');
    await machine.client.request('resume', null);
    await terminal.waitFor(/typed-while-2-paused/);
    machine.dispose();
    const restored = await (await start(snapshot)).terminal();
    expect((await restored.run('cat /root/file')).output).toBe('before');
  });

  it('of a busy machine continue its work', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    terminal.type('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo counted-$i\n');
    await terminal.waitFor(/echo counted/);
    const head = await machine.save('head');
    machine.dispose();
    await (await (await start(head)).terminal()).waitFor(/counted-20000/);
  });

  it('correct the clock of the guest', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await machine.client.request('agentReady', { timeoutMs: 60_000 });
    await terminal.run('date -s "2001-01-01 00:00:00"');
    const snapshot = await machine.save('snapshot');
    machine.dispose();
    const restored = await start(snapshot);
    const again = await restored.terminal();
    await restored.client.request('agentReady', { timeoutMs: 60_000 });
    // The agent carries requests out one after another, so the clock was set before this answer.
    await restored.client.request('readDir', { guestPath: '/' });
    const { output } = await again.run('date +%s');
    expect(Math.abs(Number(output) - Date.now() / 1000)).toBeLessThan(300);
  });

  it('of a head leave the machine standing still, as it was saved', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    const head = await machine.save('head');
    expect(await library.getVm(vm.id)).toMatchObject({ head: head.id });
    terminal.forget();
    terminal.type('echo after\n');
    for (let round = 0; round < 100; round += 1) await machine.client.request('attach', { console: 1 });
    expect(terminal.text()).toBe('');
  });

  it('of a guest that switched itself off hold its files, and the next start boots with them', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await terminal.run('echo written > /root/file; echo lost > /tmp/file');
    terminal.type('poweroff\n');
    await machine.event('power');
    const head = await machine.save('head', 'disk');
    expect(head.content).toBe('disk');
    machine.dispose();
    const next = await start(head);
    const booted = await next.terminal();
    await booted.waitFor(/~ # $/);
    expect((await booted.run('cat /root/file; cat /tmp/file')).output).toMatch(/^written\ncat: .*No such file/);
    // Files written after that are there the time after.
    await booted.run('echo more >> /root/file; sync');
    const second = await next.save('head', 'disk');
    next.dispose();
    const third = await (await start(second)).terminal();
    await third.waitFor(/~ # $/);
    expect((await third.run('cat /root/file')).output).toBe('written\nmore');
  });

  it('survive many rounds of save and restore', async () => {
    let from: StateManifest | 'base' = 'base';
    for (let round = 1; round <= 6; round += 1) {
      const machine: TestMachine = await start(from);
      const terminal = await machine.terminal();
      const { output } = await terminal.run(`echo ${round} >> /root/rounds; wc -l < /root/rounds`);
      expect(output).toBe(String(round));
      from = await machine.save('head');
      machine.dispose();
    }
    expect((await library.states.list()).states.filter(({ kind }) => kind === 'head').length).toBe(1);
  });

  it('tell how far they are while they leave the machine, and keep what their terminal showed', async () => {
    const machine = await start('base');
    const screen = { columns: 80, rows: 25, lines: ['login', 'ü'] };
    const save = { kind: 'snapshot', content: 'full', name: 'timed', madeBy: 'timer', screen } as const;
    const { receipt, sizeBytes } = await machine.client.request('save', save);
    const state = await library.states.get(unwrap(parseStateId(receipt.stateId ?? '')));
    expect(state).toMatchObject({ madeBy: 'timer', sizeBytes });
    expect(await library.states.screen(state.id)).toEqual(screen);
    const told = machine.events.filter((event) => event.kind === 'saving');
    expect(told.at(-1)).toEqual({ kind: 'saving', doneBytes: sizeBytes, totalBytes: sizeBytes });
    expect(told.every(({ totalBytes }) => totalBytes === sizeBytes)).toBe(true);
  });

  it('take little more than what changed, and forget what the guest read of files', async () => {
    const machine = await start('base');
    await machine.client.request('agentReady', { timeoutMs: 60_000 });
    const terminal = await machine.terminal();
    await machine.save('snapshot', 'full', 'first');
    const idle = await machine.save('snapshot', 'full', 'idle');
    expect(newBytes(idle)).toBeLessThan(idle.sizeBytes / 50);
    await terminal.run('head -c 3000000 /dev/urandom > /root/noise; cat /root/noise > /dev/null');
    const noisy = await machine.save('snapshot', 'full', 'noisy');
    // The noise is with the 9p server, and not in the guest's memory, too.
    expect(noisy.sizeBytes - idle.sizeBytes).toBeLessThan(2 * 3_000_000);
    expect(newBytes(noisy)).toBeGreaterThan(3_000_000);
    expect(newBytes(noisy)).toBeLessThan(4_500_000);
  });

  it('are refused by a machine with another memory size, in a sentence', async () => {
    const other = await library.createVm({ name: 'other', imageId: image.id, memoryMib: 128 });
    await expect(start('base', { vm: other })).rejects.toMatchObject({
      code: 'config-mismatch',
      message: `This state cannot be restored here: it has ${image.memoryMib} MiB of memory, this VM has 128 MiB.`,
    });
  });

  it('that are damaged on disk are refused, and the others still start', async () => {
    const machine = await start('base');
    const terminal = await machine.terminal();
    await terminal.run('echo good > /root/file');
    const good = await machine.save('snapshot', 'full', 'good');
    await terminal.run('head -c 200000 /dev/urandom > /root/noise; echo bad > /root/file');
    const { state: bad, packs } = await saveInNewPacks(machine, 'bad');
    machine.dispose();
    const [pack] = packs as [string];
    const blocksEnd = await tablesOffset(pack);
    for (const offset of [PACK_HEADER_BYTES + 3, Math.floor(blocksEnd / 2), blocksEnd - 1]) {
      await flipByte(pack, offset);
      await expect(start(bad), `byte ${offset}`).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining('does not match its checksum'),
      });
      await flipByte(pack, offset);
    }
    expect((await (await (await start(good)).terminal()).run('cat /root/file')).output).toBe('good');
    expect((await (await (await start(bad)).terminal()).run('cat /root/file')).output).toBe('bad');
  });

  it('whose pages are cut short are refused', async () => {
    const machine = await start('base');
    const { state: short, packs } = await saveInNewPacks(machine, 'short');
    machine.dispose();
    const [pack] = packs as [string];
    await truncate(pack, (await stat(pack)).size - 500);
    await expect(start(short)).rejects.toMatchObject({ code: 'damaged' });
    expect((await (await (await start('base')).terminal()).run('echo fine')).output).toBe('fine');
  });

  it('whose saving the library refuses leave the machine running and nothing behind', async () => {
    const machine = await start('base');
    await expect(machine.save('snapshot', 'full', 'a/b')).rejects.toMatchObject({ code: 'bad-input' });
    await library.deleteVm(vm.id);
    await expect(machine.save('head')).rejects.toMatchObject({ code: 'not-found' });
    expect((await (await machine.terminal()).run('echo runs')).output).toBe('runs');
    expect((await library.states.list()).states.map(({ kind }) => kind)).toEqual(['base']);
  });

  function newBytes({ data }: StateManifest): number {
    return data.layout === 'pages' ? data.newBytes : Infinity;
  }

  /** A snapshot, and the packs that it was the first to have pages in. */
  async function saveInNewPacks(
    machine: TestMachine,
    name: string,
  ): Promise<{ state: StateManifest; packs: string[] }> {
    const folder = path.join(home, 'packs');
    const before = new Set(await readdir(folder));
    const state = await machine.save('snapshot', 'full', name);
    const packs = (await readdir(folder)).filter((file) => !before.has(file)).map((file) => path.join(folder, file));
    expect(packs.length).toBeGreaterThan(0);
    return { state, packs };
  }

  /** Where the blocks of a pack end (docs/formats/library.md). */
  async function tablesOffset(pack: string): Promise<number> {
    return (await readFile(pack)).subarray(-64).readUInt32LE(20);
  }

  async function flipByte(file: string, offset: number): Promise<void> {
    const handle = await open(file, 'r+');
    try {
      const byte = Buffer.alloc(1);
      await handle.read(byte, 0, 1, offset);
      await handle.write(Buffer.of(byte[0]! ^ 0xff), 0, 1, offset);
    } finally {
      await handle.close();
    }
  }
});
