import { addressAt, macAt, writeAddress, writeMac, type IpAddress, type Mac } from './address.ts';
import { readU16, writeU16 } from './bytes.ts';
import { ETHERTYPE_IPV4 } from './ethernet.ts';
import { Malformed } from './malformed.ts';

export const ARP_BYTES = 28;

/** RFC 826, for IPv4 over Ethernet. */
export interface ArpMessage {
  readonly operation: 'request' | 'reply';
  readonly senderMac: Mac;
  readonly senderIp: IpAddress;
  readonly targetMac: Mac;
  readonly targetIp: IpAddress;
}

const HARDWARE_ETHERNET = 1;
const OPERATION_REQUEST = 1;
const OPERATION_REPLY = 2;

const TOO_SHORT = new Malformed('ARP: shorter than a message');
const OTHER_KIND = new Malformed('ARP: not for IPv4 over Ethernet');
const OTHER_OPERATION = new Malformed('ARP: neither request nor reply');

export function parseArp(bytes: Uint8Array): ArpMessage | Malformed {
  if (bytes.length < ARP_BYTES) return TOO_SHORT;
  const isIpv4OverEthernet =
    readU16(bytes, 0) === HARDWARE_ETHERNET && readU16(bytes, 2) === ETHERTYPE_IPV4 && readU16(bytes, 4) === 0x0604;
  if (!isIpv4OverEthernet) return OTHER_KIND;
  const operation = readU16(bytes, 6);
  if (operation !== OPERATION_REQUEST && operation !== OPERATION_REPLY) return OTHER_OPERATION;
  return {
    operation: operation === OPERATION_REQUEST ? 'request' : 'reply',
    senderMac: macAt(bytes, 8),
    senderIp: addressAt(bytes, 14, 4),
    targetMac: macAt(bytes, 18),
    targetIp: addressAt(bytes, 24, 4),
  };
}

export function emitArp(message: ArpMessage): Uint8Array {
  const bytes = new Uint8Array(ARP_BYTES);
  writeU16(bytes, 0, HARDWARE_ETHERNET);
  writeU16(bytes, 2, ETHERTYPE_IPV4);
  writeU16(bytes, 4, 0x0604);
  writeU16(bytes, 6, message.operation === 'request' ? OPERATION_REQUEST : OPERATION_REPLY);
  writeMac(bytes, 8, message.senderMac);
  writeAddress(bytes, 14, message.senderIp);
  writeMac(bytes, 18, message.targetMac);
  writeAddress(bytes, 24, message.targetIp);
  return bytes;
}
