import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import type { VmRecord } from '../../../shared/model/vm.ts';
import { FailureError } from '../../../shared/result.ts';
import { FakeHost } from './fake-machines.fixture.ts';
import { MachinePool } from './machine-pool.svelte.ts';
import { VmSession, type SessionSurroundings } from './vm-session.svelte.ts';

// There is no page to draw terminals in.
vi.mock('../features/terminal/terminal-session.ts', () => ({
  TerminalSession: class {
    readonly size = { columns: 80, rows: 25 };
    connect(): Promise<void> {
      return Promise.resolve();
    }
    screen(): null {
      return null;
    }
    disconnect(): void {
      // Nothing is drawn.
    }
    dispose(): void {
      // Nothing is drawn.
    }
  },
}));

const ID = 'vm-1' as VmId;
const SNAPSHOT = 'st-1' as StateId;

describe('VmSession', () => {
  let host: FakeHost;
  let session: VmSession;
  let said: string[];
  let nowMs = 0;
  let isSeen = true;
  let refusal: Error | null = null;
  let around: SessionSurroundings;
  beforeEach(() => {
    host = new FakeHost();
    said = [];
    nowMs = 0;
    isSeen = true;
    refusal = null;
    around = {
      host,
      notices: {
        success: (message: string) => said.push(message),
        failure: (message: string) => said.push(`! ${message}`),
      },
      clock: { nowMs: () => nowMs, after: () => () => undefined },
      nameOf: () => 'web',
      shownTerminal: () => 0,
      admit: () => {
        if (refusal !== null) throw refusal;
      },
      isSeen: () => isSeen,
      terminals: { forVm: () => ({}) },
    } as unknown as SessionSurroundings;
    session = new VmSession(ID, around);
  });
  const kind = (): string => session.state.kind;

  it('launches, pauses, goes on and is suspended', async () => {
    expect(await session.launch()).toBe(true);
    expect(kind()).toBe('running');
    expect(await session.pause()).toBe(true);
    expect(await session.resume()).toBe(true);
    expect(await session.suspend()).toBe(true);
    expect(kind()).toBe('stopped');
    expect(host.machine.asked).toEqual(['start', 'pause', 'resume', 'save head full']);
    expect(host.machine.isDisposed).toBe(true);
    expect(said).toEqual([]);
  });

  it('is not launched twice, nor when there is no room for it', async () => {
    refusal = new FailureError('limit', 'too much');
    expect(await session.launch()).toBe(false);
    expect(kind()).toBe('stopped');
    expect(host.launches).toEqual([]);
    refusal = null;
    const first = session.launch();
    expect(await session.launch()).toBe(false);
    expect(await first).toBe(true);
    expect(host.machines).toHaveLength(1);
    expect(said).toEqual(['! too much', expect.stringContaining('is still starting')]);
  });

  it('is stopped, not failed, when main refuses it for now; failed when it cannot start', async () => {
    host.refusals.push(new FailureError('busy', 'runs elsewhere'), new FailureError('limit', 'too much'));
    expect(await session.launch()).toBe(false);
    expect(kind()).toBe('stopped');
    expect(await session.launch()).toBe(false);
    expect(kind()).toBe('stopped');
    host.shape = (machine) => machine.failures.set('start', new FailureError('damaged', 'bad state'));
    expect(await session.launch()).toBe(false);
    expect(session.state).toEqual({ kind: 'failed', message: 'bad state' });
    expect(host.machine.isDisposed).toBe(true);
  });

  it('goes on when it could not be suspended', async () => {
    await session.launch();
    host.machine.failures.set('save', new FailureError('disk-full', 'no room'));
    expect(await session.suspend()).toBe(false);
    expect(kind()).toBe('running');
    expect(said).toEqual(['! no room']);
  });

  it('boots afresh with its files', async () => {
    await session.launch();
    expect(await session.restart()).toBe(true);
    expect(host.machines.map(({ asked }) => asked)).toEqual([['start', 'save head disk'], ['start']]);
    expect(kind()).toBe('running');
    expect(await session.powerOff()).toBe(true);
    expect(kind()).toBe('stopped');
  });

  it('takes a snapshot for a duplicate, and says which', async () => {
    await session.launch();
    expect(await session.snapshotForDuplicate('now')).toBe('st-saved');
    expect(kind()).toBe('running');
    expect(host.machine.asked).toEqual(['start', 'save snapshot full']);
    host.machine.failures.set('save', new FailureError('disk-full', 'no room'));
    await expect(session.snapshotForDuplicate('again')).rejects.toThrow('no room');
    expect(kind()).toBe('running');
  });

  it('restores: saves what there is, and starts from the snapshot', async () => {
    await session.launch();
    expect(await session.restore(SNAPSHOT)).toBe(true);
    expect(host.machines[0]?.asked).toEqual(['start', 'save head full']);
    expect(host.launches).toEqual([{ kind: 'head' }, { kind: 'snapshot', snapshotId: SNAPSHOT }]);
    expect(host.restoredTo).toEqual([SNAPSHOT]);
  });

  it('leaves a VM as it is when the snapshot is damaged', async () => {
    await session.launch();
    host.damage = new FailureError('damaged', 'bits flipped');
    expect(await session.restore(SNAPSHOT)).toBe(false);
    expect(kind()).toBe('running');
    expect(host.machines).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining('web was left as it is: bits flipped')]);
  });

  it('goes back, paused as it was, when the snapshot does not start', async () => {
    await session.launch();
    await session.pause();
    host.refusals.push(new FailureError('io', 'gone'));
    expect(await session.restore(SNAPSHOT)).toBe(false);
    expect(kind()).toBe('paused');
    expect(host.launches.at(-1)).toEqual({ kind: 'head' });
    expect(said).toEqual([expect.stringContaining('goes on where it was before')]);
  });

  it('asks for room before it restores a VM that does not run', async () => {
    refusal = new FailureError('limit', 'too much');
    expect(await session.restore(SNAPSHOT)).toBe(false);
    expect(kind()).toBe('stopped');
    expect(host.launches).toEqual([]);
  });

  it('does what a guest wants that switches itself off, or wants to reboot', async () => {
    await session.launch();
    host.machine.says({ kind: 'power', action: 'reboot' });
    await expect.poll(() => host.machines.length).toBe(2);
    await expect.poll(kind).toBe('running');
    host.machine.failures.set('save', new FailureError('disk-full', 'no room'));
    host.machine.says({ kind: 'power', action: 'off' });
    await expect.poll(() => said.length).toBe(1);
    expect(kind()).toBe('paused');
    expect(said[0]).toContain('web switched itself off, but its files could not be saved');
    host.machine.failures.clear();
    await session.resume();
    expect(kind()).toBe('stopped');
  });

  it('fails alone when its machine crashes', async () => {
    await session.launch();
    host.machine.says({ kind: 'crashed', message: 'out of memory' });
    expect(session.state).toEqual({ kind: 'failed', message: 'out of memory', hasCrashed: true });
    expect(host.machine.isDisposed).toBe(true);
    expect(await session.launch()).toBe(true);
  });

  it('drops a machine that comes too late for a VM that was ended', async () => {
    host.shape = (machine) => machine.held.add('start');
    const launched = session.launch();
    await expect.poll(() => host.machines.length).toBe(1);
    session.end();
    expect(await launched).toBe(true);
    expect(kind()).toBe('stopped');
    expect(host.machine.isDisposed).toBe(true);
  });

  it('waits for what is under way before it suspends for quitting, and throws why it could not', async () => {
    await session.launch();
    host.machine.held.add('save');
    const taken = session.snapshot('a');
    const suspended = session.suspendForQuit();
    await Promise.resolve();
    expect(host.machine.asked).toEqual(['start', 'save snapshot full']);
    host.machine.release();
    await Promise.all([taken, suspended]);
    expect(kind()).toBe('stopped');
    await session.launch();
    host.machine.failures.set('save', new FailureError('disk-full', 'no room'));
    await expect(session.suspendForQuit()).rejects.toThrow('no room');
  });

  it('keeps how busy it was, and shows it when somebody looks', async () => {
    await session.launch();
    nowMs = 1000;
    host.machine.says({ kind: 'load', busyFraction: 0.5 });
    expect(session.busyFraction).toBe(0.5);
    isSeen = false;
    nowMs = 9000;
    host.machine.says({ kind: 'load', busyFraction: Number.NaN });
    host.machine.says({ kind: 'load', busyFraction: 7 });
    expect(session.load.history).toEqual([0.5]);
    session.load.show();
    expect(session.load.history).toEqual([0.5, 0, 1]);
    nowMs = 12_000;
    expect(session.load.idleMs).toBe(3000);
    for (let second = 0; second < 100; second += 1) host.machine.says({ kind: 'load', busyFraction: 0 });
    session.load.show();
    expect(session.load.history).toHaveLength(60);
    const flat = session.load.history;
    host.machine.says({ kind: 'load', busyFraction: 0.02 });
    session.load.show();
    // The same line is not drawn again.
    expect(session.load.history).toBe(flat);
    await session.suspend();
    expect(session.load.history).toEqual([]);
  });

  describe('in a pool', () => {
    const record = (id: string): VmRecord => ({ id, checkpoints: null }) as unknown as VmRecord;

    it('is there as long as its VM, and one that runs is not ended by a listing', async () => {
      const pool = new MachinePool(around);
      pool.follow([record('vm-1'), record('vm-2')]);
      const one = pool.get(ID);
      expect(pool.all.map(({ id }) => id)).toEqual(['vm-1', 'vm-2']);
      await one?.launch();
      pool.follow([]);
      expect(pool.all).toEqual([one]);
      expect(pool.live).toEqual([one]);
      pool.follow([record('vm-1')]);
      expect(pool.get(ID)).toBe(one);
      await one?.suspend();
      pool.follow([]);
      expect(pool.all).toEqual([]);
    });
  });
});
