import type { Library } from '../../library/library.ts';
import type { StateStore } from '../../library/state-store.ts';
import { parseStateId, parseVmId } from '../../shared/model/ids.ts';
import { unwrap } from '../../shared/result.ts';
import type { CallHandlers } from './register.ts';

export interface SnapshotHandlerDependencies {
  readonly library: Pick<
    Library,
    'updateSnapshot' | 'moveSnapshotUp' | 'deleteSnapshot' | 'fork' | 'snapshotScreen' | 'setCheckpoints' | 'makeHead'
  > & { readonly states: Pick<StateStore, 'get' | 'compareFiles'> };
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
}

type SnapshotCalls = Pick<
  CallHandlers,
  | 'snapshot.update'
  | 'snapshot.moveUp'
  | 'snapshot.delete'
  | 'snapshot.fork'
  | 'snapshot.screen'
  | 'snapshot.compare'
  | 'vm.setCheckpoints'
  | 'vm.restored'
>;

/** What the calls about the tree of snapshots do. */
export function snapshotHandlers({ library, changing }: SnapshotHandlerDependencies): SnapshotCalls {
  const idOf = (text: string) => unwrap(parseStateId(text));
  return {
    'snapshot.update': async ({ snapshotId, changes }) => {
      await changing(library.updateSnapshot(idOf(snapshotId), changes));
    },
    'snapshot.moveUp': async ({ snapshotId }) => {
      await changing(library.moveSnapshotUp(idOf(snapshotId)));
    },
    'snapshot.delete': ({ snapshotId }) => changing(library.deleteSnapshot(idOf(snapshotId))),
    'snapshot.fork': ({ snapshotId, name }) => changing(library.fork(idOf(snapshotId), name)),
    'snapshot.screen': ({ snapshotId }) => library.snapshotScreen(idOf(snapshotId)),
    'snapshot.compare': async ({ beforeId, afterId }) => {
      const { states } = library;
      return states.compareFiles(await states.get(idOf(beforeId)), await states.get(idOf(afterId)));
    },
    'vm.setCheckpoints': ({ vmId, checkpoints }) =>
      changing(library.setCheckpoints(unwrap(parseVmId(vmId)), checkpoints)),
    'vm.restored': async ({ vmId, snapshotId }) => {
      await changing(library.makeHead(unwrap(parseVmId(vmId)), idOf(snapshotId)));
    },
  };
}
