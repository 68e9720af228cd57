import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine, type TestMachineOptions } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { VmRecord } from '../shared/model/vm.ts';

describe('a tiny machine', () => {
  const parts = inject('machineParts');
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
    from: TestMachineOptions['from'] = 'base',
    change: Partial<TestMachineOptions> = {},
  ): Promise<TestMachine> {
    const machine = await TestMachine.start({ library, parts, vm, image, from, ...change });
    machines.push(machine);
    return machine;
  }

  it('boots from its kernel to a prompt, with the boot log on its own console', async () => {
    const machine = await start('cold');
    const [terminal, boot] = [await machine.terminal(), await machine.terminal('boot')];
    await boot.waitFor(/terrarium: ready/);
    await terminal.waitFor(/~ # $/);
    await machine.client.request('agentReady', { timeoutMs: 60_000 });
    expect(await terminal.run('uname -sm; hostname')).toEqual({ output: 'Linux i686\nterrarium', status: 0 });
  });

  it('starts from the base snapshot at its prompt and does what is typed', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    expect(await terminal.run('echo one two; false')).toEqual({ output: 'one two', status: 1 });
    expect(await terminal.run('cat /etc/os-release | head -1')).toEqual({ output: 'NAME="Terrarium tiny"', status: 0 });
  });

  it('has the memory it was given', async () => {
    const large = await library.createVm({ name: 'large', imageId: image.id, memoryMib: 700 });
    const machine = await start('cold', { vm: large });
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    const { output } = await terminal.run("awk '/MemTotal/ {print $2}' /proc/meminfo");
    expect(Number(output)).toBeGreaterThan(640 * 1024);
    expect(Number(output)).toBeLessThanOrEqual(700 * 1024);
  });

  it('runs three terminals, apart from one another', async () => {
    const machine = await start();
    const terminals = [await machine.terminal(0), await machine.terminal(1), await machine.terminal(2)];
    const ttys = await Promise.all(terminals.map((terminal) => terminal.run('tty')));
    expect(ttys.map(({ output }) => output)).toEqual(['/dev/hvc0', '/dev/hvc1', '/dev/hvc2']);
  });

  it('tells the guest its terminals’ sizes, at the start and when they change', async () => {
    const machine = await start('base', { start: { columns: 101, rows: 33 } });
    const [first, second] = [await machine.terminal(0), await machine.terminal(1)];
    await machine.client.request('agentReady', { timeoutMs: 60_000 });
    /** The size arrives beside what is typed, so the guest waits for it itself. */
    const until = (size: string): string => `until [ "$(stty size)" = "${size}" ]; do sleep 0.05; done; stty size`;
    expect((await first.run(until('33 101'))).output).toBe('33 101');
    expect((await second.run(until('33 101'))).output).toBe('33 101');
    machine.client.resize(0, 120, 40);
    machine.client.resize(0, 121, 41);
    expect((await first.run(until('41 121'))).output).toBe('41 121');
    expect((await second.run('stty size')).output).toBe('33 101');
  });

  it('stands still while it is paused, and goes on where it was', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    terminal.type('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "n $i"; done; echo "count-$((1+1))ed"\n');
    await terminal.waitFor(/n 50\r/);
    await machine.client.request('pause', null);
    /** Whatever the worker sent before has arrived when it has answered this often. */
    const wait = async (): Promise<void> => {
      for (let round = 0; round < 100; round += 1) await machine.client.request('attach', { console: 1 });
    };
    await wait();
    const shown = terminal.raw().byteLength;
    await expect(machine.client.request('readDir', { guestPath: '/' })).rejects.toMatchObject({
      code: 'illegal-transition',
      message: expect.stringContaining('paused'),
    });
    await wait();
    expect(terminal.raw().byteLength).toBe(shown);
    await machine.client.request('resume', null);
    await terminal.waitFor(/count-2ed/);
    const numbers = [...terminal.text().matchAll(/^n (\d+)\r$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
  });

  it('lets Ctrl-C and Ctrl-\\ end what runs in a terminal', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    for (const key of ['\x03', '\x1c']) {
      terminal.forget();
      // What it prints comes from cat: the shell on its way there would not heed the second key.
      terminal.type('cat /proc/version -\n');
      await terminal.waitFor(/Linux version .*\r?\n/);
      terminal.type(key);
      await terminal.waitFor(/~ # $/);
    }
  });

  it('answers a pause and a resume that come together', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    const both = Promise.all([machine.client.request('pause', null), machine.client.request('resume', null)]);
    expect(await both).toEqual([null, null]);
    expect((await terminal.run('echo runs')).output).toBe('runs');
  });

  it('takes what is typed while it starts without failing', async () => {
    const machine = await TestMachine.begin({ library, parts, vm, image, from: 'base' });
    machines.push(machine);
    machine.client.input(0, new TextEncoder().encode('echo early-$((40+2))\n'));
    machine.client.resize(0, 90, 30);
    await machine.starting;
    const terminal = await machine.terminal();
    await terminal.waitFor(/early-42/);
    expect(machine.events.filter(({ kind }) => kind === 'crashed')).toEqual([]);
  });

  it('says that the guest switched itself off, and stands still', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    terminal.type('poweroff\n');
    expect(await machine.event('power')).toEqual({ kind: 'power', action: 'off' });
  });

  it('says that the guest asked for a reboot', async () => {
    const machine = await start();
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    terminal.type('reboot\n');
    expect(await machine.event('power')).toEqual({ kind: 'power', action: 'reboot' });
  });

  it('refuses requests before it is started and a second start, and ends when disposed', async () => {
    const machine = await start();
    await expect(
      machine.client.request('start', {
        memoryMib: 64,
        vgaMemoryMib: 2,
        commandLine: '',
        hasInitrd: false,
        state: null,
        columns: 80,
        rows: 25,
      }),
    ).rejects.toMatchObject({ code: 'illegal-transition' });
    machine.dispose();
    await expect(machine.client.request('pause', null)).rejects.toMatchObject({ code: 'io' });
  });

  it('does not keep memory of machines that ended: ten starts in a row', async () => {
    for (let round = 0; round < 10; round += 1) {
      const machine = await start();
      const terminal = await machine.terminal();
      expect((await terminal.run('echo alive')).output).toBe('alive');
      machine.dispose();
    }
  });
});
