import { splitTcpFrame } from '../relay/stack/gso.ts';
import type { FrameLink } from '../src/shared/link/frame-link.ts';

/** In percent of the frames of each direction. */
export interface Weather {
  readonly loss: number;
  readonly duplicates: number;
  /** Held back for up to {@link Weather.heldBackMs} while others overtake them. */
  readonly reordered: number;
  readonly heldBackMs: number;
}

/** A cable that loses, doubles and holds back frames by a seed, and what it did. */
export interface LossyCable {
  /** For the relay. */
  readonly link: FrameLink;
  /** From now on; null for a good cable. */
  setWeather(weather: Weather | null): void;
  readonly counts: { passed: number; lost: number; doubled: number; heldBack: number };
}

/**
 * @param inner the end of a machine's cable
 * @param frameMaxBytes of frames on this cable: with the usual size one loss is one segment, with super frames many
 */
export function lossyCable(inner: FrameLink, seed: number, frameMaxBytes: number): LossyCable {
  const counts = { passed: 0, lost: 0, doubled: 0, heldBack: 0 };
  const held = new Set<NodeJS.Timeout>();
  const random = seededFraction(seed);
  let weather: Weather | null = null;
  let toRelay: (frame: Uint8Array) => void = () => undefined;

  const pass = (frame: Uint8Array, deliver: (frame: Uint8Array) => void): void => {
    counts.passed += 1;
    if (weather === null) return deliver(frame);
    const happens = (percent: number): boolean => random() * 100 < percent;
    if (happens(weather.loss)) {
      counts.lost += 1;
      return;
    }
    if (happens(weather.duplicates)) {
      counts.doubled += 1;
      deliver(frame.slice());
    }
    if (!happens(weather.reordered)) return deliver(frame);
    counts.heldBack += 1;
    const kept = frame.slice();
    const timer = setTimeout(() => {
      held.delete(timer);
      deliver(kept);
    }, random() * weather.heldBackMs);
    held.add(timer);
  };
  inner.onFrame((frame) => {
    for (const piece of splitTcpFrame(frame, frameMaxBytes)) pass(piece, (each) => toRelay(each));
  });

  const link: FrameLink = {
    send: (frame) => pass(frame, (each) => inner.send(each)),
    onFrame: (listener) => {
      toRelay = listener;
    },
    onClose: (listener) => inner.onClose(listener),
    close: () => {
      for (const timer of held) clearTimeout(timer);
      inner.close();
    },
    get maxFrameBytes() {
      return Math.min(frameMaxBytes, inner.maxFrameBytes);
    },
    announce: (maxFrameBytes) => inner.announce(maxFrameBytes),
    get backlogBytes() {
      return inner.backlogBytes;
    },
    get counters() {
      return inner.counters;
    },
  };
  return {
    link,
    setWeather: (next) => {
      weather = next;
    },
    counts,
  };
}

/** Fractions in [0, 1) that a run with the same seed draws again (mulberry-style mixing of a counter). */
function seededFraction(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
