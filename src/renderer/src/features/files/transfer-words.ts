import { formatSize } from '../../text/format-size.ts';
import { t } from '../../text/text.svelte.ts';
import type { Transfer } from './transfer.svelte.ts';

/** How a copy is going, in words. */
export function transferWords(transfer: Transfer): string {
  const { phase, order, doneBytes, totalBytes, bytesPerSecond } = transfer;
  if (transfer.isCancelling && !transfer.hasEnded) return t('files.phase.cancelling');
  switch (phase) {
    case 'done':
      if (order.isForDrag === true) return t('files.phase.done-drag');
      return order.direction === 'in'
        ? t('files.phase.done-in', { vm: order.vmName })
        : t('files.phase.done-out', { vm: order.vmName });
    case 'failed':
      return transfer.failure ?? '';
    case 'copying': {
      if (totalBytes === null) return t('files.phase.waiting');
      const values = { done: formatSize(doneBytes), total: formatSize(totalBytes) };
      return bytesPerSecond === null
        ? t('files.phase.copying', values)
        : t('files.phase.copying-speed', { ...values, speed: formatSize(Math.round(bytesPerSecond)) });
    }
    default:
      return t(`files.phase.${phase}`);
  }
}
