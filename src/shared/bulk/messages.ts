import * as v from 'valibot';
import { FAILURE_CODES } from '../result.ts';
import { readHeader, readResource, writeReceipt, writeResource } from './resources.ts';

/**
 * Bytes a sender may have in flight, per stream, before the other side confirmed them.
 * Enough to keep both sides busy over a 0.3 ms round trip, small enough to bound memory.
 */
export const BULK_WINDOW_BYTES = 8 * 1024 * 1024;
/** The largest piece either side accepts. */
export const BULK_PIECE_MAX_BYTES = 4 * 1024 * 1024;
/** Writes one port may have open at once: each holds up to two windows of bytes in memory. */
export const BULK_WRITES_MAX = 4;
/** Streams one port may have open at once; a guest's 9p server opens one per file being read. */
export const BULK_STREAMS_MAX = 256;

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const bytes = v.custom<Uint8Array>((piece) => piece instanceof Uint8Array && piece.byteLength <= BULK_PIECE_MAX_BYTES);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const clientMessage = v.variant('t', [
  v.object({ t: v.literal('read'), id, resource: readResource }),
  v.object({ t: v.literal('write'), id, resource: writeResource }),
  v.object({ t: v.literal('piece'), id, bytes }),
  v.object({ t: v.literal('end'), id }),
  v.object({ t: v.literal('ack'), id, bytes: count }),
  v.object({ t: v.literal('cancel'), id }),
]);
export type ClientMessage = v.InferOutput<typeof clientMessage>;

export const serverMessage = v.variant('t', [
  v.object({ t: v.literal('header'), id, header: readHeader }),
  v.object({ t: v.literal('ready'), id }),
  v.object({ t: v.literal('piece'), id, bytes }),
  v.object({ t: v.literal('end'), id }),
  v.object({ t: v.literal('done'), id, receipt: writeReceipt }),
  v.object({ t: v.literal('ack'), id, bytes: count }),
  v.object({ t: v.literal('error'), id, code: v.picklist(FAILURE_CODES), message: v.string() }),
]);
export type ServerMessage = v.InferOutput<typeof serverMessage>;

/** A piece that owns its buffer: structured clone copies a view's whole underlying buffer. */
export function ownPiece(piece: Uint8Array): Uint8Array {
  return piece.byteLength === piece.buffer.byteLength ? piece : piece.slice();
}
