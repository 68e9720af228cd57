import { describe, expect, it } from 'vitest';
import { newCounters, type FrameLink } from '../shared/link/frame-link.ts';
import { NetworkCard } from './network-card.ts';
import type { BufferChain, VirtioDevice, VirtQueue } from './v86-internals.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class FakeChain implements BufferChain {
  readonly length_readable = 0;
  readonly length_writable: number;
  readonly written: number[] = [];

  constructor(sizeBytes: number) {
    this.length_writable = sizeBytes;
  }

  get_next_blob(): number {
    return 0;
  }

  set_next_blob(bytes: Uint8Array): number {
    this.written.push(...bytes);
    if (this.written.length > this.length_writable) throw new Error('the card wrote past the end of a buffer');
    return bytes.byteLength;
  }
}

/** A receive queue as a driver fills it. */
class FakeQueue implements VirtQueue {
  size = 1024;
  size_supported = 1024;
  avail_last_idx = 0;
  readonly available: FakeChain[] = [];
  readonly staged: BufferChain[] = [];
  readonly received: BufferChain[][] = [];

  set_size(size: number): void {
    this.size = size;
  }
  is_configured(): boolean {
    return true;
  }
  has_request(): boolean {
    return this.avail_last_idx < this.available.length;
  }
  pop_request(): BufferChain {
    const chain = this.available[this.avail_last_idx++];
    if (!chain) throw new Error('the card took a buffer that is not there');
    return chain;
  }
  push_reply(chain: BufferChain): void {
    this.staged.push(chain);
  }
  flush_replies(): void {
    this.received.push(this.staged.splice(0));
  }
  offer(count: number, sizeBytes: number): void {
    for (let added = 0; added < count; added += 1) this.available.push(new FakeChain(sizeBytes));
  }
}

class FakeLink implements FrameLink {
  readonly sent: Uint8Array[] = [];
  readonly announced: number[] = [];
  readonly maxFrameBytes = 65_549;
  readonly backlogBytes = 0;
  readonly counters = newCounters();
  give: (frame: Uint8Array) => void = () => undefined;

  send(frame: Uint8Array): void {
    this.sent.push(frame);
  }
  onFrame(listener: (frame: Uint8Array) => void): void {
    this.give = listener;
  }
  onClose(): void {
    throw new Error('the card does not watch for the end of a link');
  }
  close(): void {
    throw new Error('the card does not close a link');
  }
  announce(maxFrameBytes: number): void {
    this.announced.push(maxFrameBytes);
  }
}

function setUp(refused = 0) {
  const queue = new FakeQueue();
  const device = {
    queues: [queue],
    device_feature: Uint32Array.of(1 << 5, 1, 0, 0),
    driver_feature: Uint32Array.of(1 << 5, 1, 0, 0),
    device_status: 0,
  } satisfies VirtioDevice;
  const state = { isRunning: true };
  const card = new NetworkCard(device, () => state.isRunning);
  const link = new FakeLink();
  card.plug(link);
  /** A driver that takes everything but the features named. */
  const driverOk = (): void => {
    device.driver_feature[0] = (device.device_feature[0] ?? 0) & ~refused;
    device.device_status = 15;
  };
  return { queue, device, card, link, state, driverOk };
}

const frameOf = (sizeBytes: number): Uint8Array => Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);
const MRG_RXBUF = 1 << 15;
const GUEST_TSO4 = 1 << 7;

function bytesOf(chains: readonly BufferChain[]): { header: number[]; frame: number[] } {
  const all = chains.flatMap((chain) => (chain instanceof FakeChain ? chain.written : []));
  return { header: all.slice(0, 12), frame: all.slice(12) };
}

describe('the network card', () => {
  it('offers segmentation, checksums and mergeable buffers beside what v86 offers', () => {
    const { device } = setUp();
    expect(device.device_feature[0]).toBe(0b1001_1001_1010_0011);
    expect(device.driver_feature[0]).toBe(device.device_feature[0]);
  });

  it('spreads a frame over several guest buffers and says how many', async () => {
    const { queue, link, driverOk } = setUp();
    driverOk();
    queue.offer(10, 1536);
    link.give(frameOf(4000));
    await settle();
    const [chains] = queue.received;
    expect(chains).toHaveLength(3);
    const { header, frame } = bytesOf(chains ?? []);
    expect(header).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
    expect(frame).toEqual([...frameOf(4000)]);
  });

  it('interrupts the guest once for the frames of one turn', async () => {
    const { queue, link, driverOk, card } = setUp();
    driverOk();
    queue.offer(10, 1536);
    for (let count = 0; count < 5; count += 1) link.give(frameOf(100));
    await settle();
    expect(queue.received.map((chains) => chains.length)).toEqual([5]);
    expect(card.counters.framesReceived).toBe(5);
  });

  it('keeps frames the guest has no buffer for, in order, and drops beyond the bound', async () => {
    const { queue, link, driverOk, card } = setUp();
    driverOk();
    queue.offer(2, 1536);
    const total = 5000;
    for (let count = 0; count < total; count += 1) link.give(new Uint8Array(1500).fill(count % 251));
    await settle();
    expect(card.counters.framesReceived).toBe(2);
    const kept = Math.floor((4 * 1024 * 1024) / 1500);
    expect(card.counters.framesDropped).toBe(total - kept);
    queue.offer(2 * kept, 1536);
    card.drain();
    expect(card.counters.framesReceived).toBe(kept);
    const order = queue.received.flat().map((chain) => (chain instanceof FakeChain ? chain.written.at(-1) : null));
    expect(order.slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, index) => index % 251));
  });

  it('gives a frame back to the queue when not all of its buffers are there', async () => {
    const { queue, link, driverOk, card } = setUp();
    driverOk();
    queue.offer(2, 1536);
    link.give(frameOf(4000));
    await settle();
    expect(queue.avail_last_idx).toBe(0);
    queue.offer(1, 1536);
    card.drain();
    expect(bytesOf(queue.received.flat()).frame).toEqual([...frameOf(4000)]);
  });

  it('takes no long frames from the link when the driver does not', async () => {
    const { queue, link, driverOk, card } = setUp(GUEST_TSO4);
    driverOk();
    queue.offer(100, 1536);
    expect(card.maxFrameBytes).toBe(1514);
    link.give(frameOf(4000));
    link.give(frameOf(1514));
    await settle();
    expect(bytesOf(queue.received.flat()).frame).toEqual([...frameOf(1514)]);
    expect(card.counters.framesDropped).toBe(1);
  });

  it('drops a frame that fits no buffer of a driver that cannot merge them', async () => {
    const { queue, link, driverOk, card } = setUp(MRG_RXBUF);
    driverOk();
    queue.offer(3, 1536);
    link.give(frameOf(4000));
    link.give(frameOf(60));
    await settle();
    expect(bytesOf(queue.received.flat()).frame).toEqual([...frameOf(60)]);
    expect(card.counters.framesDropped).toBe(1);
  });

  it('says what its driver takes before the first frame, and to each new link', () => {
    const { card, link, driverOk } = setUp();
    expect(link.announced).toEqual([]);
    driverOk();
    card.transmit(new Uint8Array(72).subarray(12));
    card.transmit(new Uint8Array(72).subarray(12));
    expect(link.announced).toEqual([65_549]);
    expect(link.sent).toHaveLength(2);
    const next = new FakeLink();
    card.plug(next);
    expect(next.announced).toEqual([65_549]);
    card.transmit(new Uint8Array(72).subarray(12));
    expect([link.sent.length, next.sent.length]).toEqual([2, 1]);
  });

  it('loses frames quietly without a link or a driver, and those of a link that was taken out', async () => {
    const { card, link, queue, driverOk } = setUp();
    link.give(frameOf(60));
    await settle();
    driverOk();
    queue.offer(3, 1536);
    card.plug(null);
    card.transmit(new Uint8Array(72).subarray(12));
    link.give(frameOf(60));
    await settle();
    expect(queue.received).toEqual([]);
    expect(link.sent).toEqual([]);
  });

  it('leaves a guest that stands still alone', async () => {
    const { card, link, queue, driverOk, state } = setUp();
    driverOk();
    queue.offer(3, 1536);
    state.isRunning = false;
    link.give(frameOf(60));
    await settle();
    expect(queue.received).toEqual([]);
    state.isRunning = true;
    card.drain();
    expect(queue.received).toHaveLength(1);
  });

  it('drops frames whose header points outside of them', () => {
    const { card, link, driverOk } = setUp();
    driverOk();
    const bytes = new Uint8Array(72);
    bytes.set([1, 0, 0, 0, 0, 0, 200, 0, 16, 0]);
    card.transmit(bytes.subarray(12));
    card.transmit(new Uint8Array(16).subarray(12));
    expect(link.sent).toEqual([]);
    expect(card.counters.framesDropped).toBe(2);
  });
});
