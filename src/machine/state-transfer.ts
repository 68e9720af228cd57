import type { BulkClient } from '../shared/bulk/client.ts';
import { STATE_PIECE_BYTES, type WriteResource } from '../shared/bulk/resources.ts';
import { decodeStatePlan } from '../shared/bulk/state-plan.ts';
import { FailureError } from '../shared/result.ts';
import { loadPlannedState, type LoadedState } from './planned-state.ts';
import type { SaveReport, SaveTarget } from './protocol.ts';
import { encodeState, type MachineState } from './state-codec.ts';
import type { MemoryOf } from './state-decoder.ts';
import { ZstdDecoder } from './zstd-decoder.ts';

/**
 * Streams a captured state to the library.
 * @param progress told after each piece
 * @throws FailureError when the library refuses or the disk is full; nothing is kept then
 */
export async function sendState(
  bulk: BulkClient,
  target: SaveTarget,
  state: MachineState,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<Pick<SaveReport, 'receipt' | 'sizeBytes'>> {
  const { sizeBytes, frontBytes, pieces } = encodeState(state);
  const writer = await bulk.write(resourceOf(target, frontBytes));
  let doneBytes = 0;
  try {
    for (const piece of pieces(STATE_PIECE_BYTES)) {
      doneBytes += piece.byteLength;
      await writer.write(piece);
      progress(doneBytes, sizeBytes);
    }
  } catch (cause) {
    writer.cancel();
    throw cause;
  }
  return { receipt: await writer.finish(), sizeBytes };
}

function resourceOf(target: SaveTarget, frontBytes: number): WriteResource {
  const { kind, content, name, madeBy = 'person' } = target;
  const screen = target.screen ? { ...target.screen, lines: [...target.screen.lines] } : null;
  switch (kind) {
    case 'base':
      return { kind, content, frontBytes };
    case 'head':
      return { kind, content, frontBytes, screen };
    case 'snapshot':
      return { kind, content, frontBytes, name, madeBy, screen };
  }
}

/**
 * Fetches the state this machine starts from. Every block is compared with its hash before anything is made of it, so the
 * guest never runs on damaged memory.
 */
export async function receiveState(
  bulk: BulkClient,
  wasm: WebAssembly.Module,
  memoryOf: MemoryOf,
): Promise<LoadedState> {
  const [{ header, pieces }, decoder] = await Promise.all([bulk.read({ kind: 'state' }), ZstdDecoder.create(wasm)]);
  if (!header.plan) throw new FailureError('internal', 'The library gave no plan for a state. It was not loaded.');
  return loadPlannedState(decodeStatePlan(header.plan), pieces, decoder, memoryOf);
}
