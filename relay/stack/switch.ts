import type { GuestLink } from './link.ts';
import { GATEWAY_MAC } from './addresses.ts';
import { splitTcpFrame } from './gso.ts';
import { impersonatesRelay } from './lan-guard.ts';
import { Segment } from './segment.ts';
import type { Mac } from './wire/address.ts';
import type { EthernetFrame } from './wire/ethernet.ts';

/** MAC addresses one VM may be found at: its own and a few of containers inside it. */
const MACS_PER_LINK_MAX = 16;

/** Puts links on segments and passes frames between the VMs of a LAN (IEEE 802.1D, without the spanning tree). */
export class Switch {
  private readonly lans = new Map<string, Segment>();
  /** Who is on each segment, and the MAC addresses that were heard there. */
  private readonly macs = new Map<Segment, Map<GuestLink, Set<Mac>>>();
  private readonly send: (link: GuestLink, frame: Uint8Array) => void;

  constructor(send: (link: GuestLink, frame: Uint8Array) => void) {
    this.send = send;
  }

  /** The segment for a LAN's name, or one of its own. */
  segmentFor(lan: string | null): Segment {
    if (lan === null) return new Segment(null);
    let segment = this.lans.get(lan);
    if (!segment) {
      segment = new Segment(lan);
      this.lans.set(lan, segment);
    }
    return segment;
  }

  join(link: GuestLink): void {
    link.segment.members.add(link);
    const macs = this.macs.get(link.segment) ?? new Map<GuestLink, Set<Mac>>();
    this.macs.set(link.segment, macs.set(link, new Set()));
  }

  leave(link: GuestLink): void {
    const { segment } = link;
    segment.members.delete(link);
    this.macs.get(segment)?.delete(link);
    if (segment.members.size > 0) return;
    this.macs.delete(segment);
    if (segment.lan !== null) this.lans.delete(segment.lan);
  }

  /**
   * Passes a frame on to the other VMs of the segment it is for.
   * @returns true when the relay should look at it too
   */
  forward(from: GuestLink, frame: EthernetFrame, bytes: Uint8Array): boolean {
    const { dst, src } = frame;
    if (dst === GATEWAY_MAC) return true;
    const isForMany = (parseInt(dst.slice(0, 2), 16) & 1) === 1;
    if (from.segment.members.size > 1) {
      if (impersonatesRelay(frame)) {
        from.counters.droppedFrames += 1;
        return isForMany;
      }
      const macs = this.macs.get(from.segment) ?? new Map<GuestLink, Set<Mac>>();
      learn(macs.get(from), src);
      const others = [...macs.keys()].filter((link) => link !== from);
      const holders = isForMany ? [] : others.filter((link) => macs.get(link)?.has(dst) === true);
      for (const link of holders.length > 0 ? holders : others) this.deliver(link, bytes);
    }
    return isForMany;
  }

  private deliver(link: GuestLink, bytes: Uint8Array): void {
    if (bytes.byteLength <= link.maxFrameBytes) {
      this.send(link, bytes);
      return;
    }
    // A super segment for a network card that takes none.
    const pieces = splitTcpFrame(bytes, link.maxFrameBytes);
    for (const piece of pieces) this.send(link, piece);
    if (pieces.length === 0) link.counters.droppedFrames += 1;
  }
}

function learn(macs: Set<Mac> | undefined, mac: Mac): void {
  if (!macs || macs.has(mac)) return;
  if (macs.size >= MACS_PER_LINK_MAX) macs.clear();
  macs.add(mac);
}
