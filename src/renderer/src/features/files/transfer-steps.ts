import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { FailureError, unwrap } from '../../../../shared/result.ts';
import { freeFileName, freeName } from '../../text/next-name.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import type { BatchChoice } from './collisions.svelte.ts';
import { joinGuestPath, lastOfGuestPath, parentGuestPath } from './guest-path.ts';
import type { Transfer } from './transfer.svelte.ts';

/** What a copy needs of the VM. */
export type TransferSession = Pick<VmSession, 'name' | 'runningMachine'>;

/** Where something that arrives is put; null when the person has it left out. */
export async function placeFor(
  session: TransferSession,
  transfer: Transfer,
  batch: BatchChoice,
  hasMore: boolean,
): Promise<string | null> {
  const { kind, guestPath } = transfer.order;
  const folder = parentGuestPath(guestPath);
  const name = lastOfGuestPath(guestPath);
  const present = await session.runningMachine().request('readDir', { guestPath: folder });
  const there = present.find((entry) => entry.name === name);
  if (there === undefined) return guestPath;
  const choice = await batch.choose({
    vmName: session.name,
    name,
    arriving: kind,
    present: there.kind,
    folder,
    hasMore,
  });
  if (choice === 'skip') return null;
  if (choice === 'replace') return guestPath;
  const names = present.map((entry) => entry.name);
  return joinGuestPath(folder, kind === 'file' ? freeFileName(name, names) : freeName(name, names));
}

/**
 * Copies one file or folder. What only served the copy is gone afterwards.
 * @param chosen token of the file or folder on the host
 * @param use is told the token that progress and cancelling go by
 * @throws FailureError
 */
export async function copyOne(
  bridge: TerrariumBridge,
  session: TransferSession,
  transfer: Transfer,
  chosen: string,
  guestPath: string,
  use: (token: string) => void,
): Promise<void> {
  const { direction, kind } = transfer.order;
  let token = chosen;
  use(token);
  if (direction === 'in' && kind === 'folder') {
    transfer.to('packing');
    token = unwrap(await bridge.call('file.packFolder', { token: chosen })).token;
    use(token);
  }
  try {
    if (transfer.isCancelling) throw new FailureError('cancelled', 'The copy was cancelled.');
    transfer.to(direction === 'in' ? 'copying' : 'reading');
    const what =
      direction === 'in'
        ? kind === 'file'
          ? 'importFile'
          : 'importTree'
        : kind === 'file'
          ? 'exportFile'
          : 'exportTree';
    await session.runningMachine().request(what, { token, guestPath });
  } finally {
    await bridge.call('file.release', { token });
  }
}
