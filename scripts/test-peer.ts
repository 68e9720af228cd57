import type { FrameLink } from '../src/shared/link/frame-link.ts';

const GATEWAY_MAC = [0x52, 0x55, 0x0a, 0, 2, 2];
const GATEWAY = [10, 0, 2, 2];
const NOBODY = [255, 255, 255, 255];
const IPV4 = 0x0800;
const ARP = 0x0806;
const ICMP = 1;
const TCP = 6;
const UDP = 17;

/**
 * The other end of a guest's network cable, in as few words as Linux can be satisfied with: the gateway's ARP, echo,
 * one lease, and a reset for every connection. It checks what the guest sends, and is independent of the relay.
 */
export class TestPeer {
  /** One line for each DHCP message: its kind, the sender's MAC. */
  readonly dhcp: string[] = [];
  /** Sizes of the frames with an IPv4 packet, in order. */
  readonly frameBytes: number[] = [];
  wrongChecksums = 0;
  private readonly link: FrameLink;
  private readonly lease: readonly number[];

  /** @param lease the last number of the address it gives */
  constructor(link: FrameLink, lease: number) {
    this.link = link;
    this.lease = [10, 0, 2, lease];
    link.onFrame((frame) => this.receive(frame));
  }

  private receive(frame: Uint8Array): void {
    if (word(frame, 12) === ARP) this.answerArp(frame);
    if (word(frame, 12) !== IPV4) return;
    this.frameBytes.push(frame.byteLength);
    if (checksum(frame.subarray(14, 34)) !== 0) this.wrongChecksums += 1;
    const packet = frame.subarray(0, 14 + word(frame, 16));
    const isFragment = (word(frame, 20) & 0x3fff) !== 0;
    if (isFragment) return this.answerFragment(packet);
    if (frame[23] === ICMP && frame[34] === 8) this.answerEcho(packet);
    if (frame[23] === UDP && word(frame, 36) === 67) this.answerDhcp(packet);
    if (frame[23] === TCP) this.refuse(packet);
  }

  private answerArp(frame: Uint8Array): void {
    if (word(frame, 20) !== 1 || frame.subarray(38, 42).join('.') !== GATEWAY.join('.')) return;
    const answer = frame.slice(0, 42);
    answer.set(frame.subarray(6, 12), 0);
    answer.set(GATEWAY_MAC, 6);
    answer[21] = 2;
    answer.set([...GATEWAY_MAC, ...GATEWAY, ...frame.subarray(22, 32)], 22);
    this.link.send(answer);
  }

  private answerEcho(packet: Uint8Array): void {
    if (checksum(packet.subarray(34)) !== 0) this.wrongChecksums += 1;
    const answer = turnedAround(packet);
    answer[34] = 0;
    setWord(answer, 36, 0);
    setWord(answer, 36, checksum(answer.subarray(34)));
    this.link.send(answer);
  }

  /** A fragmented echo: sent back as it is, with the first fragment's kind changed and its checksum adjusted to it. */
  private answerFragment(packet: Uint8Array): void {
    const answer = turnedAround(packet);
    if ((word(packet, 20) & 0x1fff) === 0) {
      answer[34] = 0;
      const adjusted = word(packet, 36) + 0x0800;
      setWord(answer, 36, (adjusted & 0xffff) + (adjusted >> 16));
    }
    this.link.send(answer);
  }

  private answerDhcp(packet: Uint8Array): void {
    if (transportChecksum(packet) !== 0) this.wrongChecksums += 1;
    const request = packet.subarray(42);
    const kind = dhcpKind(request);
    const mac = Array.from(packet.subarray(6, 12), (byte) => byte.toString(16).padStart(2, '0')).join(':');
    this.dhcp.push(`${kind} ${mac}`);
    const message = new Uint8Array(300);
    message.set(request.subarray(0, 236));
    message[0] = 2;
    message.set(this.lease, 16);
    const options = [53, 1, kind === 'discover' ? 2 : 5, 54, 4, ...GATEWAY, 51, 4, 0, 1, 0, 0, 1, 4, 255, 255, 255, 0];
    message.set([99, 130, 83, 99, ...options, 3, 4, ...GATEWAY, 6, 4, 10, 0, 2, 3, 26, 2, 5, 220, 255], 236);
    const answer = new Uint8Array(42 + message.byteLength);
    answer.set(packet.subarray(0, 42));
    setWord(answer, 16, 28 + message.byteLength);
    const header = turnedAround(answer);
    header.set(NOBODY, 30);
    setWord(header, 24, 0);
    setWord(header, 24, checksum(header.subarray(14, 34)));
    setWord(header, 34, 67);
    setWord(header, 36, 68);
    setWord(header, 38, 8 + message.byteLength);
    setWord(header, 40, 0);
    header.set(message, 42);
    this.link.send(header);
  }

  private refuse(packet: Uint8Array): void {
    if (transportChecksum(packet) !== 0) this.wrongChecksums += 1;
    const answer = turnedAround(packet).slice(0, 54);
    setWord(answer, 16, 40);
    setWord(answer, 24, 0);
    setWord(answer, 24, checksum(answer.subarray(14, 34)));
    answer.set(packet.subarray(36, 38), 34);
    answer.set(packet.subarray(34, 36), 36);
    answer.set([0, 0, 0, 0], 38);
    const view = new DataView(answer.buffer, answer.byteOffset);
    view.setUint32(42, (new DataView(packet.buffer, packet.byteOffset).getUint32(38) + 1) >>> 0);
    answer.set([0x50, 0x14, 0, 0, 0, 0, 0, 0], 46);
    setWord(answer, 50, transportChecksum(answer));
    this.link.send(answer);
  }
}

/** A copy with the addresses of both layers exchanged, which leaves checksums as they are. */
function turnedAround(packet: Uint8Array): Uint8Array {
  const answer = packet.slice();
  answer.set(packet.subarray(6, 12), 0);
  answer.set(GATEWAY_MAC, 6);
  answer.set(packet.subarray(30, 34), 26);
  answer.set(packet.subarray(26, 30), 30);
  return answer;
}

function dhcpKind(message: Uint8Array): string {
  for (let at = 240; at < message.byteLength && message[at] !== 255; at += 2 + (message[at + 1] ?? 0)) {
    if (message[at] === 53) return message[at + 2] === 1 ? 'discover' : message[at + 2] === 3 ? 'request' : 'other';
  }
  return 'none';
}

/** Of TCP or UDP with the pseudo-header: zero when the one in the packet is right. */
function transportChecksum(packet: Uint8Array): number {
  const segment = packet.subarray(34);
  const pseudoHeader = new Uint8Array(12);
  pseudoHeader.set(packet.subarray(26, 34));
  pseudoHeader[9] = packet[23] ?? 0;
  setWord(pseudoHeader, 10, segment.byteLength);
  return checksum(Uint8Array.of(...pseudoHeader, ...segment));
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.byteLength; at += 2) sum += word(bytes, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}
