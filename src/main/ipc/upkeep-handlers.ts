import type { Library } from '../../library/library.ts';
import type { Damage } from '../../library/verify.ts';
import { parseStateId, parseVmId, type StateId } from '../../shared/model/ids.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import type { LibraryListing } from '../library-listing.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { PageEvents } from '../page-events.ts';
import type { RunningVms } from '../running-vms.ts';
import { progressEvents } from '../progress-events.ts';
import type { CallHandlers } from './register.ts';

export interface UpkeepHandlerDependencies {
  readonly library: Pick<Library, 'usage' | 'verify' | 'collectGarbage'>;
  readonly listing: Pick<LibraryListing, 'noteDamage' | 'addDamage'>;
  readonly running: Pick<RunningVms, 'lastStart'>;
  readonly events: Pick<PageEvents, 'send'>;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
}

type UpkeepCalls = Pick<
  CallHandlers,
  'library.usage' | 'library.verify' | 'library.clean' | 'vm.startIsDamaged' | 'snapshot.check'
>;

/** What the calls about the library as a whole do. */
export function upkeepHandlers(dependencies: UpkeepHandlerDependencies): UpkeepCalls {
  const { library, listing, running, events, changing } = dependencies;
  const verifying = new OneAtATime('The library is being checked already. Wait for the result.');
  const cleaning = new OneAtATime('The library is being cleaned up already. Wait until that is done.');
  const verify = async () => {
    const progress = progressEvents(events, 'verify');
    const report = await library.verify({ onProgress: ({ doneBytes, totalBytes }) => progress(doneBytes, totalBytes) });
    listing.noteDamage(report);
    return { damage: report.damage.map(({ name, message, neededBy }) => ({ name, message, neededBy })) };
  };
  const verifyState = async (only: StateId): Promise<Damage | null> => {
    const report = await library.verify({ only });
    const [damage] = report.damage;
    if (!damage) return null;
    listing.addDamage(report);
    await changing(Promise.resolve());
    return damage;
  };
  return {
    'library.usage': () => library.usage(),
    'library.verify': () => verifying.run(() => changing(verify())),
    'vm.startIsDamaged': async ({ vmId }) => {
      const id = running.lastStart(unwrap(parseVmId(vmId)));
      if (id !== null) await verifyState(id);
    },
    'snapshot.check': async ({ snapshotId }) => {
      const damage = await verifyState(unwrap(parseStateId(snapshotId)));
      if (damage) throw new FailureError('damaged', damage.message);
    },
    'library.clean': () =>
      cleaning.run(async () => {
        const progress = progressEvents(events, 'clean');
        progress(0, 1);
        const { sizeBytes, kept } = await changing(library.collectGarbage({ dryRun: false }));
        progress(1, 1);
        return { freedBytes: sizeBytes, kept };
      }),
  };
}
