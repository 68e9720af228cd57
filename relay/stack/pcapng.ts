/**
 * Writes captures that Wireshark and tcpdump read (pcapng, draft-ietf-opsawg-pcapng): one section with one Ethernet
 * interface, little-endian, then a block for every frame. Pieces are to be written one after another.
 */

const BLOCK_SECTION_HEADER = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_ENHANCED_PACKET = 6;

/** Read in the wrong byte order it would be another number: this is how a reader learns ours. */
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const VERSION_MAJOR = 1;
const LINK_TYPE_ETHERNET = 1;
const APPLICATION = 'Terrarium';

const OPTION_END = 0;
const OPTION_SECTION_APPLICATION = 4;
const OPTION_PACKET_FLAGS = 2;
const FLAG_INBOUND = 1;
const FLAG_OUTBOUND = 2;

/** Type and length in front, the length again at the end. */
const BLOCK_FRAME_BYTES = 12;
const PACKET_HEADER_BYTES = 20;
/** The flags' option and the end of options. */
const PACKET_OPTIONS_BYTES = 12;
const WORD = 2 ** 32;

/** What a capture begins with: the section and its one interface. Times are in microseconds, the format's default. */
export function pcapngHeader(): Uint8Array {
  const textBytes = padded(APPLICATION.length);
  const sectionBytes = BLOCK_FRAME_BYTES + 16 + 4 + textBytes + 4;
  const interfaceBytes = BLOCK_FRAME_BYTES + 8;
  const bytes = new Uint8Array(sectionBytes + interfaceBytes);
  const view = new DataView(bytes.buffer);

  frameBlock(view, 0, BLOCK_SECTION_HEADER, sectionBytes);
  view.setUint32(8, BYTE_ORDER_MAGIC, true);
  view.setUint16(12, VERSION_MAJOR, true);
  view.setUint16(14, 0, true);
  // The section's length is not known beforehand: -1.
  view.setInt32(16, -1, true);
  view.setInt32(20, -1, true);
  view.setUint16(24, OPTION_SECTION_APPLICATION, true);
  view.setUint16(26, APPLICATION.length, true);
  for (let i = 0; i < APPLICATION.length; i++) bytes[28 + i] = APPLICATION.charCodeAt(i);
  view.setUint32(28 + textBytes, OPTION_END, true);

  frameBlock(view, sectionBytes, BLOCK_INTERFACE, interfaceBytes);
  view.setUint16(sectionBytes + 8, LINK_TYPE_ETHERNET, true);
  // Frames are kept whole, however long.
  view.setUint32(sectionBytes + 12, 0, true);
  return bytes;
}

/**
 * One frame, copied.
 * @param timestampUs Since 1970.
 * @param direction As the VM sees it: `in` came to it, `out` is what it sent.
 */
export function pcapngPacket(frame: Uint8Array, timestampUs: bigint | number, direction: 'in' | 'out'): Uint8Array {
  const dataBytes = padded(frame.length);
  const blockBytes = BLOCK_FRAME_BYTES + PACKET_HEADER_BYTES + dataBytes + PACKET_OPTIONS_BYTES;
  const bytes = new Uint8Array(blockBytes);
  const view = new DataView(bytes.buffer);
  // Exact: until the year 2255 microseconds are below 2^53.
  const timeUs = Math.max(0, Math.floor(Number(timestampUs)));
  frameBlock(view, 0, BLOCK_ENHANCED_PACKET, blockBytes);
  view.setUint32(8, 0, true);
  view.setUint32(12, Math.floor(timeUs / WORD), true);
  view.setUint32(16, timeUs % WORD, true);
  view.setUint32(20, frame.length, true);
  view.setUint32(24, frame.length, true);
  bytes.set(frame, 28);
  const optionsAt = 28 + dataBytes;
  view.setUint16(optionsAt, OPTION_PACKET_FLAGS, true);
  view.setUint16(optionsAt + 2, 4, true);
  view.setUint32(optionsAt + 4, direction === 'in' ? FLAG_INBOUND : FLAG_OUTBOUND, true);
  view.setUint32(optionsAt + 8, OPTION_END, true);
  return bytes;
}

function frameBlock(view: DataView, at: number, type: number, blockBytes: number): void {
  view.setUint32(at, type, true);
  view.setUint32(at + 4, blockBytes, true);
  view.setUint32(at + blockBytes - 4, blockBytes, true);
}

/** All parts of a block fill whole 32-bit words. */
function padded(length: number): number {
  return (length + 3) & ~3;
}
