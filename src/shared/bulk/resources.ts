import * as v from 'valibot';
import { IMPORT_MAX_BYTES } from '../model/limits.ts';
import { screenPreview } from '../model/screen-preview.ts';
import { STATE_MAKERS } from '../model/state.ts';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const token = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

/** What a machine may read over its bulk port. The server is bound to one VM; no paths, no VM ids. */
export const readResource = v.variant('kind', [
  v.object({ kind: v.literal('bios') }),
  v.object({ kind: v.literal('vga-bios') }),
  v.object({ kind: v.literal('kernel') }),
  v.object({ kind: v.literal('initrd') }),
  v.object({ kind: v.literal('fs-json') }),
  v.object({ kind: v.literal('file'), sha256 }),
  v.object({ kind: v.literal('state') }),
  v.object({ kind: v.literal('import'), token }),
]);
export type ReadResource = v.InferOutput<typeof readResource>;

const content = v.picklist(['full', 'disk']);

/** The most a page map of the largest state asks for. */
const FRONT_MAX_BYTES = 4 * 1024 * 1024 * 1024;
const frontBytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(FRONT_MAX_BYTES));

/** What a machine may write. A state's bytes are hashed by the writer as they arrive. */
export const writeResource = v.variant('kind', [
  v.object({ kind: v.literal('base'), content, frontBytes }),
  v.object({ kind: v.literal('head'), content, frontBytes, screen: v.nullable(screenPreview) }),
  v.object({
    kind: v.literal('snapshot'),
    content,
    frontBytes,
    name: v.string(),
    madeBy: v.picklist(STATE_MAKERS),
    screen: v.nullable(screenPreview),
  }),
  v.object({
    kind: v.literal('export'),
    token,
    sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(IMPORT_MAX_BYTES)),
  }),
]);
export type WriteResource = v.InferOutput<typeof writeResource>;

/** What the reader learns before the first byte. */
export const readHeader = v.object({
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  pieceBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** For states: which blocks the pieces are made of, and what they must hash to (state-plan.ts). */
  plan: v.nullable(v.custom<Uint8Array>((plan) => plan instanceof Uint8Array)),
});
export type ReadHeader = v.InferOutput<typeof readHeader>;

/** What a finished write created: the id of a state, or nothing for an exported file. */
export const writeReceipt = v.object({ stateId: v.nullable(v.string()) });
export type WriteReceipt = v.InferOutput<typeof writeReceipt>;

/** Piece size of states: large enough for throughput, small enough to verify while more arrive. */
export const STATE_PIECE_BYTES = 1024 * 1024;
