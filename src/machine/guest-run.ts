import { FailureError } from '../shared/result.ts';
import { ByteCollector } from './byte-collector.ts';
import type { ExecResult } from './guest-api.ts';
import type { GuestLink } from './guest-link.ts';

/** What a program of ours in the guest may complain; more is cut off. */
const COMPLAINT_MAX_BYTES = 4096;
const SIGKILL = 9;

/** Our own programs in every guest, whatever its root file system brings. */
export const GUEST_BUSYBOX = '/usr/lib/terrarium/busybox';

/**
 * Runs a program in the guest for ourselves, and takes all it prints.
 * @param maxBytes beyond which it is ended and refused
 * @throws FailureError `limit`, or `io` with what the program complained when it fails
 */
export async function runInGuest(
  link: Pick<GuestLink, 'start'>,
  argv: readonly string[],
  what: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const printed = new ByteCollector();
  const complaint = new ByteCollector();
  let isTooLong = false;
  const result = await new Promise<ExecResult>((resolve, reject) => {
    const starting = link.start(
      { argv, cwd: '/' },
      {
        started: () => undefined,
        taken: () => undefined,
        refused: reject,
        lost: reject,
        ended: (ended) => {
          if (isTooLong) reject(new FailureError('limit', `${what}: it has more than ${maxBytes} bytes.`));
          else resolve(ended);
        },
        output: (stream, piece) => {
          if (stream === 'stdout' && !isTooLong) {
            isTooLong = printed.byteLength + piece.byteLength > maxBytes;
            if (!isTooLong) printed.push(piece);
          } else if (stream === 'stderr' && complaint.byteLength < COMPLAINT_MAX_BYTES) {
            complaint.push(piece);
          }
          void starting.then((command) => {
            if (isTooLong) command.signal(SIGKILL);
            command.took(stream, piece.byteLength);
          }, reject);
        },
      },
    );
    starting.catch(reject);
  });
  if (result.kind !== 'exited' || result.code !== 0)
    throw new FailureError('io', `${what}: ${reasonOf(result, complaint.take())}`);
  return printed.take();
}

function reasonOf(result: ExecResult, complaint: Uint8Array): string {
  const text = new TextDecoder().decode(complaint.subarray(0, COMPLAINT_MAX_BYTES));
  // It is the guest's: one line of it, without anything a terminal would obey.
  const line = text.split('\n')[0]?.replace(/\p{C}/gu, '').trim() ?? '';
  if (line !== '') return `the VM says “${line.slice(0, 300)}”.`;
  return result.kind === 'exited' ? `it failed in the VM with status ${result.code}.` : 'it was ended in the VM.';
}
