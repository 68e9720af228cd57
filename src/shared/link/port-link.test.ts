import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PortLike } from '../bulk/port.ts';
import { ETHERNET_FRAME_BYTES, LINK_WINDOW_BYTES, SUPER_FRAME_BYTES, type FrameLink } from './frame-link.ts';
import { joinLinks } from './join-links.ts';
import { portLink } from './port-link.ts';

/** Lets every message that is under way arrive. */
async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Two ends of a port in one process: asynchronous, in order, messages copied. */
function portPair(): { near: PortLike; far: PortLike; posted: unknown[]; setDelivering(on: boolean): void } {
  const posted: unknown[] = [];
  let isDelivering = true;
  let held: (() => void)[] = [];
  const listeners: { message: (message: unknown) => void; close: () => void }[] = [
    { message: () => undefined, close: () => undefined },
    { message: () => undefined, close: () => undefined },
  ];
  let isClosed = false;
  const end = (me: 0 | 1, other: 0 | 1): PortLike => ({
    post: (message) => {
      const copy: unknown = structuredClone(message);
      if (me === 0) posted.push(copy);
      const deliver = (): void => void setImmediate(() => listeners[other]?.message(copy));
      if (isDelivering) deliver();
      else held.push(deliver);
    },
    onMessage: (listener) => {
      const mine = listeners[me];
      if (mine) mine.message = listener;
    },
    onClose: (listener) => {
      const mine = listeners[me];
      if (mine) mine.close = listener;
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      setImmediate(() => listeners.forEach(({ close }) => close()));
    },
  });
  const setDelivering = (on: boolean): void => {
    isDelivering = on;
    if (on) for (const deliver of held.splice(0)) deliver();
    else held = [];
  };
  return { near: end(0, 1), far: end(1, 0), posted, setDelivering };
}

function linkPair(takes = SUPER_FRAME_BYTES) {
  const { near, far, posted, setDelivering } = portPair();
  return { near: portLink(near, { takes }), far: portLink(far, { takes }), posted, setDelivering };
}

function collect(link: FrameLink): Uint8Array[] {
  const frames: Uint8Array[] = [];
  link.onFrame((frame) => frames.push(frame));
  return frames;
}

const frameOf = (sizeBytes: number, value = 7): Uint8Array => new Uint8Array(sizeBytes).fill(value);
const batches = (posted: readonly unknown[]): Uint8Array[] => posted.filter((each) => each instanceof Uint8Array);

describe('a link over a port', () => {
  it('carries frames of any size whole and in order', async () => {
    const anyFrames = fc.array(fc.uint8Array({ minLength: 14, maxLength: 3000 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(anyFrames, async (frames) => {
        const { near, far } = linkPair();
        const received = collect(far);
        await settle(3);
        for (const frame of frames) near.send(frame.slice());
        await settle(5);
        expect(received).toEqual(frames);
        expect(near.counters.framesSent).toBe(frames.length);
        expect(far.counters.framesReceived).toBe(frames.length);
      }),
      { numRuns: 50 },
    );
  });

  it('puts the frames of one turn into one message', async () => {
    const { near, far, posted } = linkPair();
    const received = collect(far);
    await settle();
    for (let count = 0; count < 64; count += 1) near.send(frameOf(1514));
    await settle();
    near.send(frameOf(60));
    await settle();
    expect(received).toHaveLength(65);
    expect(batches(posted)).toHaveLength(2);
  });

  it('sends only the bytes of a frame that lies in a larger buffer', async () => {
    const { near, far, posted } = linkPair();
    const received = collect(far);
    await settle();
    near.send(new Uint8Array(1_000_000).subarray(500, 600).fill(3));
    await settle();
    expect(received).toEqual([frameOf(100, 3)]);
    expect(batches(posted)[0]?.buffer.byteLength).toBe(104);
  });

  it('sends long frames only once the other side has said that it takes them', async () => {
    const { near, far } = portPair();
    const sender = portLink(near);
    const receiver = portLink(far);
    const received = collect(receiver);
    expect(sender.maxFrameBytes).toBe(ETHERNET_FRAME_BYTES);
    sender.send(frameOf(SUPER_FRAME_BYTES));
    receiver.announce(SUPER_FRAME_BYTES);
    await settle();
    expect(sender.maxFrameBytes).toBe(SUPER_FRAME_BYTES);
    sender.send(frameOf(SUPER_FRAME_BYTES));
    sender.send(frameOf(SUPER_FRAME_BYTES + 1));
    sender.send(frameOf(13));
    await settle();
    expect(received.map((frame) => frame.byteLength)).toEqual([SUPER_FRAME_BYTES]);
    expect(sender.counters.framesDropped).toBe(3);
  });

  it('drops what the other side does not take in time, and goes on when it does', async () => {
    const { near, far, setDelivering } = linkPair();
    const received = collect(far);
    await settle();
    setDelivering(false);
    const count = Math.ceil((2 * LINK_WINDOW_BYTES) / SUPER_FRAME_BYTES);
    for (let sent = 0; sent < count; sent += 1) near.send(frameOf(SUPER_FRAME_BYTES));
    await settle();
    expect(near.backlogBytes).toBeLessThanOrEqual(LINK_WINDOW_BYTES);
    expect(near.counters.framesDropped).toBeGreaterThan(count / 3);
    expect(near.counters.framesDropped + near.counters.framesSent).toBe(count);
    setDelivering(true);
    await settle(100);
    expect(received).toHaveLength(near.counters.framesSent);
    expect(near.backlogBytes).toBeLessThan(LINK_WINDOW_BYTES / 4);
    near.send(frameOf(60));
    await settle();
    expect(received.at(-1)).toEqual(frameOf(60));
  });

  it('counts what is no message of a link and lives on', async () => {
    const { near, far } = portPair();
    const link = portLink(far);
    const received = collect(link);
    const wrong: unknown[] = [
      null,
      'frame',
      { t: 'takes', maxFrameBytes: 1e9 },
      { t: 'takes', maxFrameBytes: 3 },
      { t: 'taken', bytes: -1 },
      { t: 'other' },
      Uint8Array.of(1, 2),
      Uint8Array.of(255, 255, 255, 255, 1, 2, 3, 4),
      Uint8Array.of(20, 0, 0, 0, 1, 2, 3, 4),
      Uint8Array.of(0, 0, 0, 0),
    ];
    for (const message of wrong) near.post(message);
    await settle();
    expect(link.counters.malformed).toBe(wrong.length);
    expect(link.maxFrameBytes).toBe(ETHERNET_FRAME_BYTES);
    portLink(near).send(frameOf(60));
    await settle();
    expect(received).toEqual([frameOf(60)]);
  });

  it('never throws on arbitrary bytes', async () => {
    const { near, far } = portPair();
    const link = portLink(far);
    const received = collect(link);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => near.post(bytes)));
    await settle();
    for (const frame of received) expect(frame.byteLength).toBeGreaterThanOrEqual(14);
  });

  it('tells both sides once when one closes, and delivers what was sent before', async () => {
    const { near, far } = linkPair();
    const received = collect(far);
    const ends: string[] = [];
    near.onClose(() => ends.push('near'));
    far.onClose(() => ends.push('far'));
    await settle();
    near.send(frameOf(60));
    near.close();
    near.close();
    near.send(frameOf(60));
    await settle();
    expect(received).toHaveLength(1);
    expect(ends.sort()).toEqual(['far', 'near']);
  });
});

describe('two joined cables', () => {
  it('carry frames through, say what the other end takes, and end together', async () => {
    const left = portPair();
    const right = portPair();
    const machine = portLink(left.near);
    const relay = portLink(right.near, { takes: SUPER_FRAME_BYTES });
    joinLinks(portLink(left.far, { takes: SUPER_FRAME_BYTES }), portLink(right.far));
    const atRelay = collect(relay);
    const atMachine = collect(machine);
    await settle();
    machine.announce(SUPER_FRAME_BYTES);
    machine.send(frameOf(40_000));
    await settle();
    relay.send(frameOf(50_000));
    await settle();
    expect(atRelay).toEqual([frameOf(40_000)]);
    expect(atMachine).toEqual([frameOf(50_000)]);
    let isEnded = false;
    machine.onClose(() => {
      isEnded = true;
    });
    relay.close();
    await settle();
    expect(isEnded).toBe(true);
  });
});
