/** A message on TCP stands behind its length (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2;
/** A question with every EDNS option anyone sends fits; what is longer is no question, and is not collected. */
export const QUERY_MAX_BYTES = 4096;

/** Takes the queries of one connection out of its bytes, which come in pieces of any size. */
export class DnsTcpFramer {
  /** What of the next message has come so far, its length included. */
  private partial = new Uint8Array(0);

  /**
   * @param bytes read only during the call
   * @returns The messages that are whole now, in order and the caller's to keep; null when what comes is no DNS: the
   * connection is to be closed, and the framer not used again.
   */
  push(bytes: Uint8Array): Uint8Array[] | null {
    const all = joined(this.partial, bytes);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (all.length - at >= LENGTH_BYTES) {
      const length = ((all[at] ?? 0) << 8) | (all[at + 1] ?? 0);
      if (length === 0 || length > QUERY_MAX_BYTES) return null;
      const end = at + LENGTH_BYTES + length;
      if (end > all.length) break;
      messages.push(all.slice(at + LENGTH_BYTES, end));
      at = end;
    }
    this.partial = all.slice(at);
    return messages;
  }
}

/** A message with its length before it. At most 65535 bytes, which any DNS message keeps to. */
export function frameDnsOverTcp(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(LENGTH_BYTES + message.length);
  framed[0] = message.length >>> 8;
  framed[1] = message.length;
  framed.set(message, LENGTH_BYTES);
  return framed;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
