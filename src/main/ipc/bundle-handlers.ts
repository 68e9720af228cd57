import { FailureError } from '../../shared/result.ts';
import type { CallHandlers } from './register.ts';

type BundleCalls = Pick<CallHandlers, 'snapshot.export' | 'snapshot.import'>;

/** What the calls about files with snapshots in them do. */
export function bundleHandlers(): BundleCalls {
  const refuse = (): never => {
    throw new FailureError('unsupported', 'This Terrarium cannot pass snapshots on yet. Nothing was changed.');
  };
  return { 'snapshot.export': refuse, 'snapshot.import': refuse };
}
