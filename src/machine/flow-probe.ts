import { completeChecksum } from './virtio-net-header.ts';

/** One end of a TCP connection as the guest's kernel lists it. */
export interface FlowEnd {
  /** 4 or 16 bytes in network order. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** A connection the guest believes to have. */
export interface GuestFlow {
  readonly local: FlowEnd;
  readonly remote: FlowEnd;
}

/** Whoever it is that speaks for the network: the guest only looks whether a frame is for it. */
const SENDER_MAC = [0x52, 0x55, 0x0a, 0, 2, 2];
const ETHERNET_BYTES = 14;
const TCP_BYTES = 20;
const PROTOCOL_TCP = 6;
const ACK = 16;
const HOP_LIMIT = 64;

/**
 * A frame that makes the guest say something about one of its connections: an empty segment as from the far end, far
 * outside of the window, which TCP answers with where it stands (RFC 9293, 3.10.7.4). A relay that does not know the
 * connection then resets it, so that a program which only waits for data learns at once that none will come. To a
 * connection that is alive it does nothing.
 *
 * @param mac the guest's network card
 */
export function flowProbe(mac: readonly number[], { local, remote }: GuestFlow): Uint8Array {
  const isV4 = local.address.byteLength === 4;
  const ipBytes = isV4 ? 20 : 40;
  const tcpAt = ETHERNET_BYTES + ipBytes;
  const frame = new Uint8Array(tcpAt + TCP_BYTES);
  const view = new DataView(frame.buffer);
  frame.set(mac, 0);
  frame.set(SENDER_MAC, 6);
  view.setUint16(12, isV4 ? 0x0800 : 0x86dd);
  if (isV4) {
    view.setUint16(ETHERNET_BYTES, 0x4500);
    view.setUint16(ETHERNET_BYTES + 2, ipBytes + TCP_BYTES);
    view.setUint16(ETHERNET_BYTES + 8, (HOP_LIMIT << 8) | PROTOCOL_TCP);
    frame.set(remote.address, ETHERNET_BYTES + 12);
    frame.set(local.address, ETHERNET_BYTES + 16);
    // Over the IP header alone.
    completeChecksum(frame.subarray(0, tcpAt), ETHERNET_BYTES, 10);
  } else {
    view.setUint16(ETHERNET_BYTES, 0x6000);
    view.setUint16(ETHERNET_BYTES + 4, TCP_BYTES);
    view.setUint16(ETHERNET_BYTES + 6, (PROTOCOL_TCP << 8) | HOP_LIMIT);
    frame.set(remote.address, ETHERNET_BYTES + 8);
    frame.set(local.address, ETHERNET_BYTES + 24);
  }
  view.setUint16(tcpAt, remote.port);
  view.setUint16(tcpAt + 2, local.port);
  frame[tcpAt + 12] = (TCP_BYTES / 4) << 4;
  frame[tcpAt + 13] = ACK;
  // The pseudo-header's sum goes where the checksum will be (RFC 9293, 3.1).
  let sum = PROTOCOL_TCP + TCP_BYTES;
  for (const address of [remote.address, local.address]) {
    for (let at = 0; at < address.byteLength; at += 2) sum += ((address[at] ?? 0) << 8) | (address[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(tcpAt + 16, sum);
  completeChecksum(frame, tcpAt, 16);
  return frame;
}

const LISTED_END = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/;

/**
 * One end as /proc/net/tcp and tcp6 write it: 32-bit words in the processor's byte order, then the port.
 * @returns null for anything else, and for an IPv4 connection in IPv6 clothes the IPv4 end
 */
export function parseFlowEnd(text: string): FlowEnd | null {
  const [, words, port] = LISTED_END.exec(text) ?? [];
  if (words === undefined || port === undefined) return null;
  const address = new Uint8Array(words.length / 2);
  for (let at = 0; at < address.byteLength; at += 1) {
    // Little endian within each word.
    const from = 2 * ((at & ~3) + 3 - (at & 3));
    address[at] = Number.parseInt(words.slice(from, from + 2), 16);
  }
  const isMapped =
    address.byteLength === 16 && address.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255));
  return { address: isMapped ? address.slice(12) : address, port: Number.parseInt(port, 16) };
}
