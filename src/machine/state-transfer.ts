import type { BulkClient } from '../shared/bulk/client.ts';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { FailureError } from '../shared/result.ts';
import { sha256Hex } from './image-files.ts';
import type { SaveReport, SaveTarget } from './protocol.ts';
import { decodeState, encodeState, type MachineState } from './state-codec.ts';

/**
 * Streams a captured state to the library.
 * @throws FailureError when the library refuses or the disk is full; nothing is kept then
 */
export async function sendState(
  bulk: BulkClient,
  target: SaveTarget,
  state: MachineState,
): Promise<Pick<SaveReport, 'receipt' | 'sizeBytes'>> {
  const { kind, content, name } = target;
  const writer = await bulk.write(kind === 'snapshot' ? { kind, content, name } : { kind, content });
  let sizeBytes = 0;
  try {
    for (const piece of encodeState(state, STATE_PIECE_BYTES)) {
      sizeBytes += piece.byteLength;
      await writer.write(piece);
    }
  } catch (cause) {
    writer.cancel();
    throw cause;
  }
  return { receipt: await writer.finish(), sizeBytes };
}

/**
 * Fetches the state this machine starts from. Each piece is hashed while the next ones arrive and
 * all hashes are compared before this returns, so the guest never runs on damaged memory.
 */
export async function receiveState(
  bulk: BulkClient,
  memoryOf: (memoryBytes: number) => Promise<Uint8Array>,
): Promise<{ content: 'full' | 'disk'; tree: unknown; consoles: readonly Uint8Array[] }> {
  const { header, pieces } = await bulk.read({ kind: 'state' });
  const expected = header.pieceSha256;
  if (!expected) throw new FailureError('internal', 'The library gave no hashes for a state. It was not loaded.');
  const checks: Promise<boolean>[] = [];
  const checked = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      const index = checks.length;
      checks.push(sha256Hex(piece).then((actual) => actual === expected[index]));
      yield piece;
    }
  };
  const decoded = decodeState(checked(), memoryOf);
  const outcome = await decoded.then(
    (state) => ({ state }),
    (cause: unknown) => ({ cause }),
  );
  // A wrong hash explains a state that does not parse, so it is reported first.
  const verdicts = await Promise.all(checks);
  const broken = verdicts.indexOf(false);
  if (broken >= 0 || ('state' in outcome && verdicts.length !== expected.length)) {
    throw new FailureError(
      'damaged',
      `The saved state is damaged on disk (piece ${broken >= 0 ? broken + 1 : verdicts.length} of ${expected.length} does not match its checksum). It was not loaded; other snapshots are untouched.`,
    );
  }
  if ('cause' in outcome) throw outcome.cause;
  return outcome.state;
}
