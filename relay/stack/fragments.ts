import type { IpAddress } from './wire/address.ts';
import type { Ipv6Packet } from './wire/ipv6.ts';

/** One piece of a datagram that was too large for its sender's link, IPv4 or IPv6. */
export interface Fragment {
  readonly src: IpAddress;
  readonly dst: IpAddress;
  readonly protocol: number;
  readonly identification: number;
  /** A multiple of 8. */
  readonly offsetBytes: number;
  readonly moreFragments: boolean;
  readonly payload: Uint8Array;
}

/** The largest payload that either header can say. */
const DATAGRAM_MAX_BYTES = 0xffff;
/** At once, for one VM; a program sends one or a few at a time. */
const DATAGRAMS_MAX = 64;
/** Of copies kept, for one VM: sixteen of the largest datagrams. */
const HELD_MAX_BYTES = 1024 * 1024;
/** The smallest MTU that IPv4 knows in practice, 576, makes 119 of the largest datagram. */
const PIECES_MAX = 256;
/** RFC 1122 3.3.2 and RFC 8200 4.5 allow 60 s; the guest is one hop away, and Linux waits 30 s. */
const AGE_MAX_MS = 30_000;

interface Piece {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

interface Datagram {
  readonly startedMs: number;
  /** In order, not overlapping. */
  pieces: Piece[];
  heldBytes: number;
  /** Known once the last piece has come. */
  totalBytes: number | null;
  /** Its pieces contradicted each other: those still to come are dropped as well (RFC 5722). */
  isRefused: boolean;
}

/**
 * Puts fragments together, of one link: VMs may have equal addresses. What arrives is copied, so that a few bytes do
 * not hold on to a batch of frames.
 */
export class Reassembler {
  /** In the order in which they began. */
  private readonly datagrams = new Map<string, Datagram>();
  private heldBytes = 0;

  /** @returns The payload of the whole datagram when this was the piece that was missing. */
  add(fragment: Fragment, nowMs: number): Uint8Array | null {
    this.tick(nowMs);
    const { payload, offsetBytes, moreFragments } = fragment;
    const endBytes = offsetBytes + payload.length;
    const isWellFormed = payload.length > 0 && endBytes <= DATAGRAM_MAX_BYTES;
    if (!isWellFormed || (moreFragments && payload.length % 8 !== 0)) return null;
    const key = `${fragment.src} ${fragment.dst} ${fragment.protocol} ${fragment.identification}`;
    const datagram = this.datagrams.get(key) ?? this.begin(key, nowMs);
    if (datagram.isRefused) return null;
    const place = placeOf(datagram, fragment);
    if (place === 'duplicate') return null;
    if (place === 'contradiction') {
      this.refuse(datagram);
      return null;
    }
    if (!moreFragments) datagram.totalBytes = endBytes;
    datagram.pieces.splice(place, 0, { offsetBytes, bytes: payload.slice() });
    datagram.heldBytes += payload.length;
    this.heldBytes += payload.length;
    // Without overlaps, as many bytes as there are in all means that none is missing.
    if (datagram.heldBytes === datagram.totalBytes) {
      this.drop(key, datagram);
      return joined(datagram.pieces, datagram.totalBytes);
    }
    while (this.heldBytes > HELD_MAX_BYTES) this.dropOldest();
    return null;
  }

  /** A packet that is not whole (see `isWholeIpv6`). The result is for `joinIpv6`. */
  addIpv6(packet: Ipv6Packet, nowMs: number): Uint8Array | null {
    const { src, dst, nextHeader, fragment, payload } = packet;
    return fragment === null ? payload : this.add({ src, dst, protocol: nextHeader, ...fragment, payload }, nowMs);
  }

  /** Forgets what has waited too long; {@link add} does so, too. */
  tick(nowMs: number): void {
    for (const [key, datagram] of this.datagrams) {
      if (nowMs - datagram.startedMs < AGE_MAX_MS) return;
      this.drop(key, datagram);
    }
  }

  /** For tests and counters. */
  get held(): { readonly datagrams: number; readonly bytes: number } {
    return { datagrams: this.datagrams.size, bytes: this.heldBytes };
  }

  private begin(key: string, nowMs: number): Datagram {
    if (this.datagrams.size >= DATAGRAMS_MAX) this.dropOldest();
    const datagram = { startedMs: nowMs, pieces: [], heldBytes: 0, totalBytes: null, isRefused: false };
    this.datagrams.set(key, datagram);
    return datagram;
  }

  private refuse(datagram: Datagram): void {
    this.heldBytes -= datagram.heldBytes;
    datagram.heldBytes = 0;
    datagram.pieces = [];
    datagram.isRefused = true;
  }

  private drop(key: string, datagram: Datagram): void {
    this.heldBytes -= datagram.heldBytes;
    this.datagrams.delete(key);
  }

  private dropOldest(): void {
    for (const [key, datagram] of this.datagrams) {
      this.drop(key, datagram);
      return;
    }
  }
}

/** Where among the pieces the fragment goes. */
function placeOf(datagram: Datagram, fragment: Fragment): number | 'duplicate' | 'contradiction' {
  const { pieces, totalBytes } = datagram;
  const { offsetBytes, moreFragments, payload } = fragment;
  const endBytes = offsetBytes + payload.length;
  let place = pieces.length;
  while (place > 0 && (pieces[place - 1]?.offsetBytes ?? 0) >= offsetBytes) place -= 1;
  const before = pieces[place - 1];
  const after = pieces[place];
  // RFC 8200, 4.5: a network may repeat a packet; only such a copy may cover what is there.
  const isLastAgain = moreFragments ? endBytes !== totalBytes : endBytes === totalBytes;
  if (after?.offsetBytes === offsetBytes && isLastAgain && areEqual(after.bytes, payload)) return 'duplicate';
  if (before !== undefined && before.offsetBytes + before.bytes.length > offsetBytes) return 'contradiction';
  if (after !== undefined && after.offsetBytes < endBytes) return 'contradiction';
  if (pieces.length >= PIECES_MAX) return 'contradiction';
  const isBeyondEnd = totalBytes !== null && (moreFragments ? endBytes >= totalBytes : endBytes !== totalBytes);
  const isEndTooEarly = !moreFragments && after !== undefined;
  return isBeyondEnd || isEndTooEarly ? 'contradiction' : place;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

function joined(pieces: readonly Piece[], totalBytes: number): Uint8Array {
  const whole = new Uint8Array(totalBytes);
  for (const { offsetBytes, bytes } of pieces) whole.set(bytes, offsetBytes);
  return whole;
}
