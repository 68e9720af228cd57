import { macAt, writeMac, type Mac } from './address.ts';
import { readU16, writeU16 } from './bytes.ts';
import { Malformed } from './malformed.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERNET_HEADER_BYTES = 14;

export interface EthernetHeader {
  readonly dst: Mac;
  readonly src: Mac;
  readonly etherType: number;
}

export interface EthernetFrame extends EthernetHeader {
  /** May end in padding: Ethernet has no length of its own. */
  readonly payload: Uint8Array;
}

const TOO_SHORT = new Malformed('Ethernet: shorter than its header');

/** An Ethernet II frame without its check sequence. Tags (802.1Q) stay in the payload under their own type. */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | Malformed {
  if (bytes.length < ETHERNET_HEADER_BYTES) return TOO_SHORT;
  return {
    dst: macAt(bytes, 0),
    src: macAt(bytes, 6),
    etherType: readU16(bytes, 12),
    payload: bytes.subarray(ETHERNET_HEADER_BYTES),
  };
}

export function writeEthernetHeader(target: Uint8Array, at: number, header: EthernetHeader): void {
  writeMac(target, at, header.dst);
  writeMac(target, at + 6, header.src);
  writeU16(target, at + 12, header.etherType);
}

export function emitEthernet(frame: EthernetFrame): Uint8Array {
  const bytes = new Uint8Array(ETHERNET_HEADER_BYTES + frame.payload.length);
  writeEthernetHeader(bytes, 0, frame);
  bytes.set(frame.payload, ETHERNET_HEADER_BYTES);
  return bytes;
}
