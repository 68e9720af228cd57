import { describe, expect, it, vi } from 'vitest';
import type { RelayOrder } from '../../relay/control.ts';
import { DEFAULT_NETWORK, type NetworkView } from '../shared/model/network.ts';
import type { RelayStatus } from '../shared/model/relay-status.ts';
import { RelaySupervisor, type AttachRequest, type RelayChild } from './relay-supervisor.ts';

const VIEW: NetworkView = {
  address: '10.0.2.15',
  counters: {
    framesFromGuest: 0,
    framesToGuest: 0,
    bytesFromGuest: 0,
    bytesToGuest: 0,
    malformedFrames: 0,
    droppedFrames: 0,
    deniedConnections: 0,
    dnsQueries: 0,
  },
  connections: [],
  forwards: [],
  capturing: false,
};

/** A relay process as the supervisor sees it: answers every order unless it hangs. */
class FakeChild implements RelayChild<string> {
  readonly orders: RelayOrder[] = [];
  readonly ports: string[] = [];
  isHanging = false;
  isKilled = false;
  refuses: string | null = null;
  private say: (message: unknown) => void = () => undefined;
  private exit: () => void = () => undefined;

  post(order: RelayOrder, port?: string): void {
    this.orders.push(order);
    if (port !== undefined) this.ports.push(port);
    if (this.isHanging) return;
    const { request } = order;
    queueMicrotask(() => {
      if (this.refuses !== null && order.t === 'attach')
        this.say({ t: 'failed', request, error: { code: 'bad-input', message: this.refuses } });
      else this.say(order.t === 'view' ? { t: 'done', request, view: VIEW } : { t: 'done', request });
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }

  onExit(listener: () => void): void {
    this.exit = listener;
  }

  kill(): void {
    this.isKilled = true;
    this.exit();
  }

  ready(): void {
    this.say({ t: 'ready' });
  }

  /** The worker's end of a link is gone. */
  loseLink(link: number): void {
    this.say({ t: 'link-ended', link });
  }

  /** As after kill -9. */
  die(): void {
    this.exit();
  }

  attached(): { vm: string; link: number; profile: string }[] {
    return this.orders
      .filter((order) => order.t === 'attach')
      .map(({ vm, link, settings }) => ({ vm: vm.id, link, profile: settings.profile }));
  }
}

class Bench {
  readonly children: FakeChild[] = [];
  readonly statuses: RelayStatus[] = [];
  readonly opened: string[] = [];
  nowMs = 0;
  startFails = 0;
  private timers: { atMs: number; run: () => void }[] = [];
  readonly supervisor = new RelaySupervisor<string>({
    startProcess: () => {
      if (this.startFails > 0) {
        this.startFails -= 1;
        throw new Error('no memory');
      }
      const child = new FakeChild();
      this.children.push(child);
      return child;
    },
    newPortId: () => `port-${this.opened.length}`,
    openPort: (portId) => {
      this.opened.push(portId);
      return `end of ${portId}`;
    },
    nowMs: () => this.nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: this.nowMs + delayMs, run };
      this.timers.push(timer);
      return () => (this.timers = this.timers.filter((other) => other !== timer));
    },
    onStatus: (status) => this.statuses.push(status),
    log: () => undefined,
  });

  get child(): FakeChild {
    return this.children.at(-1)!;
  }

  async advance(byMs: number): Promise<void> {
    const untilMs = this.nowMs + byMs;
    for (;;) {
      const next = this.timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.nowMs = untilMs;
    await settle();
  }

  get timerCount(): number {
    return this.timers.length;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function vm(id: string, links: string[] = []): AttachRequest {
  return { vm: { id, name: id }, settings: DEFAULT_NETWORK, onLink: (portId) => links.push(portId) };
}

describe('RelaySupervisor', () => {
  it('starts the relay with the first VM and links each', () => {
    const bench = new Bench();
    expect(bench.supervisor.status).toEqual({ phase: 'idle', restarts: 0 });
    expect(bench.supervisor.attach(vm('a')).linkPortId).toBe('port-0');
    expect(bench.supervisor.attach(vm('b')).linkPortId).toBe('port-1');
    expect(bench.children.length).toBe(1);
    expect(bench.child.ports).toEqual(['end of port-0', 'end of port-1']);
    bench.child.ready();
    expect(bench.supervisor.status).toEqual({ phase: 'running', restarts: 0 });
  });

  it('starts a killed relay at once and gives every VM that is there a new link, with its latest settings', async () => {
    const bench = new Bench();
    const links: string[] = [];
    const a = bench.supervisor.attach(vm('a', links));
    const gone = bench.supervisor.attach(vm('gone', links));
    bench.child.ready();
    await a.configure({ ...DEFAULT_NETWORK, profile: 'offline' });
    gone.detach();
    await bench.advance(60_000);
    bench.child.die();
    expect(bench.children.length).toBe(2);
    expect(bench.supervisor.status.phase).toBe('restarting');
    bench.child.ready();
    expect(bench.supervisor.status).toEqual({ phase: 'running', restarts: 1 });
    expect(links).toEqual(['port-2']);
    expect(bench.child.attached()).toEqual([expect.objectContaining({ vm: 'a', profile: 'offline' })]);
    expect(await a.view()).toEqual({ ok: true, value: VIEW });
  });

  it('waits between starts when it keeps ending, says that it failed, and comes back by itself', async () => {
    const bench = new Bench();
    const links: string[] = [];
    bench.supervisor.attach(vm('a', links));
    for (let death = 0; death < 5; death++) {
      bench.child.die();
      await bench.advance(1000);
    }
    expect(bench.supervisor.status.phase).toBe('failed');
    expect(bench.children.length).toBe(5);
    const late = bench.supervisor.attach(vm('late', links));
    expect(late.linkPortId).toBeNull();
    expect(await late.view()).toEqual({ ok: true, value: null });
    expect(await late.configure({ ...DEFAULT_NETWORK, profile: 'offline' })).toEqual({ ok: true });
    expect(await late.startCapture('/x')).toMatchObject({ ok: false, error: { code: 'io' } });
    links.length = 0;
    await bench.advance(1000);
    bench.child.ready();
    expect(bench.supervisor.status).toEqual({ phase: 'running', restarts: 5 });
    expect(links.length).toBe(2);
    expect(bench.child.attached().map(({ profile }) => profile)).toEqual(['internet', 'offline']);
  });

  it('survives a process that cannot be started', async () => {
    const bench = new Bench();
    bench.startFails = 2;
    const links: string[] = [];
    expect(bench.supervisor.attach(vm('a', links)).linkPortId).toBeNull();
    await bench.advance(1000);
    expect(links).toEqual(['port-0']);
    expect(bench.child.attached().length).toBe(1);
  });

  it('links once when the start only fails the first time', () => {
    const bench = new Bench();
    bench.startFails = 1;
    const links: string[] = [];
    expect(bench.supervisor.attach(vm('a', links)).linkPortId).toBe('port-0');
    expect([links, bench.opened]).toEqual([[], ['port-0']]);
  });

  it('ends a relay that hangs, which starts it again', async () => {
    const bench = new Bench();
    // The relay's client has a timer of its own for answers.
    vi.useFakeTimers();
    try {
      bench.supervisor.attach(vm('a'));
      const first = bench.child;
      await bench.advance(60_000);
      expect(first.isKilled).toBe(false);
      first.isHanging = true;
      await bench.advance(10_000);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(first.isKilled).toBe(true);
      expect(bench.children.length).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('makes a lost link anew, but not for a VM that has ended', async () => {
    const bench = new Bench();
    const links: string[] = [];
    const a = bench.supervisor.attach(vm('a', links));
    const [first] = bench.child.attached();
    bench.child.loseLink(first!.link);
    expect(await a.view()).toEqual({ ok: true, value: null });
    await bench.advance(1000);
    expect(links).toEqual(['port-1']);
    const second = bench.child.attached()[1];
    bench.child.loseLink(second!.link);
    a.detach();
    await bench.advance(1000);
    expect(links).toEqual(['port-1']);
  });

  it('gives a VM that moves to another LAN a new link, and one that does not keeps its own', async () => {
    const bench = new Bench();
    const links: string[] = [];
    const attachment = bench.supervisor.attach(vm('one', links));
    const [child] = bench.children;
    child!.ready();
    await attachment.configure({ ...DEFAULT_NETWORK, profile: 'offline' });
    expect(links).toEqual([]);
    expect(child!.orders.map(({ t }) => t)).toEqual(['attach', 'configure']);
    await attachment.configure({ ...DEFAULT_NETWORK, lan: 'lab' });
    expect(links).toEqual(['port-1']);
    expect(child!.orders.map(({ t }) => t)).toEqual(['attach', 'configure', 'detach', 'attach']);
    expect((await attachment.view()).ok).toBe(true);
  });

  it('says why the relay refused a VM', async () => {
    const bench = new Bench();
    bench.supervisor.attach(vm('first'));
    bench.child.refuses = 'Rule 1 makes no sense.';
    const a = bench.supervisor.attach(vm('a'));
    await settle();
    expect(await a.view()).toMatchObject({ ok: false, error: { message: 'Rule 1 makes no sense.' } });
  });

  it('detaches once, and leaves other links alone', async () => {
    const bench = new Bench();
    const a = bench.supervisor.attach(vm('a'));
    const b = bench.supervisor.attach(vm('b'));
    a.detach();
    a.detach();
    expect(bench.child.orders.filter(({ t }) => t === 'detach').length).toBe(1);
    expect(await b.view()).toEqual({ ok: true, value: VIEW });
  });

  it('leaves nothing behind after ten restarts and its end', async () => {
    const bench = new Bench();
    bench.supervisor.attach(vm('a'));
    for (let restart = 0; restart < 10; restart++) {
      bench.child.ready();
      await bench.advance(20_000);
      const timers = bench.timerCount;
      bench.child.die();
      await settle();
      expect(bench.timerCount).toBe(timers);
    }
    const last = bench.child;
    bench.supervisor.dispose();
    expect([last.isKilled, bench.timerCount, bench.children.length]).toEqual([true, 0, 11]);
  });
});
