import type { MachineClient } from '../../../../machine/client.ts';
import { GUEST_BUSYBOX } from '../../../../machine/guest-run.ts';
import { FailureError } from '../../../../shared/result.ts';

/** The client's part that runs programs; a test has one of its own. */
export type ProgramRunner = Pick<MachineClient, 'exec'>;

export interface ProgramBounds {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const COMPLAINT_MAX_CHARACTERS = 300;

/**
 * Runs a program of our busybox in the guest, without a shell, and takes what it prints.
 * @param argv after busybox itself; paths in it begin with `/`, so none is taken for an option
 * @throws FailureError with what it complained
 */
export async function runBusybox(
  machine: ProgramRunner,
  argv: readonly string[],
  bounds: ProgramBounds,
): Promise<Uint8Array> {
  const { maxBytes, timeoutMs, signal } = bounds;
  const program = await machine.exec(
    { argv: [GUEST_BUSYBOX, ...argv], cwd: '/' },
    { timeoutMs, ...(signal && { signal }) },
  );
  const [printed, complaint, result] = await Promise.all([
    collect(program.stdout, maxBytes),
    collect(program.stderr, 4096),
    program.result,
  ]);
  if (result.kind === 'exited' && result.code === 0) return printed;
  if (result.kind === 'cancelled') throw new FailureError('cancelled', 'It was cancelled.');
  if (result.kind === 'timed-out') {
    throw new FailureError('guest-unresponsive', 'The VM took too long to answer. Try again when it is less busy.');
  }
  // It is the guest's: one line of it, without anything a person would not see.
  const line = new TextDecoder().decode(complaint).split('\n')[0]?.replace(/\p{C}/gu, '').trim() ?? '';
  throw new FailureError(
    'io',
    line === '' ? 'It failed in the VM.' : `The VM says “${line.slice(0, COMPLAINT_MAX_CHARACTERS)}”.`,
  );
}

/** All of it is read, since a program that cannot print stands still; what is too much is let go. */
async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const kept = new Uint8Array(maxBytes);
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const piece = next.value.subarray(0, maxBytes - length);
    kept.set(piece, length);
    length += piece.byteLength;
  }
  return kept.slice(0, length);
}
