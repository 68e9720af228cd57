import { subtree } from '../../library/bundle/subtree.ts';
import type { Library } from '../../library/library.ts';
import { parseStateId } from '../../shared/model/ids.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { PageEvents } from '../page-events.ts';
import { progressEvents } from '../progress-events.ts';
import type { CallHandlers } from './register.ts';

export interface BundleHandlerDependencies {
  readonly library: Pick<Library, 'snapshots' | 'exportBundle' | 'importBundle'>;
  readonly events: Pick<PageEvents, 'send'>;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
  /** Asks a person where a file is to be written. Null when they closed the dialog. */
  readonly chooseExportPath: (suggestedName: string) => Promise<string | null>;
  /** Asks a person for a file to read. Null when they closed the dialog. */
  readonly chooseImportPath: () => Promise<string | null>;
}

type BundleCalls = Pick<CallHandlers, 'snapshot.export' | 'snapshot.import'>;

/** What the calls about files with snapshots in them do. */
export function bundleHandlers(dependencies: BundleHandlerDependencies): BundleCalls {
  const { library, events, changing } = dependencies;
  const exporting = new OneAtATime('Snapshots are being exported already. Wait until that is done, then try again.');
  const importing = new OneAtATime('Snapshots are being imported already. Wait until that is done, then try again.');
  return {
    'snapshot.export': ({ snapshotId, withChildren, withImage }) =>
      exporting.run(async () => {
        const id = unwrap(parseStateId(snapshotId));
        const all = await library.snapshots();
        const snapshot = all.find((one) => one.id === id);
        if (!snapshot) throw new FailureError('not-found', 'That snapshot does not exist any more.');
        const path = await dependencies.chooseExportPath(`${snapshot.name}.terrarium`);
        if (path === null) return null;
        const progress = progressEvents(events, 'export');
        const { sizeBytes } = await library.exportBundle({
          snapshots: withChildren ? subtree(all, id) : [id],
          withImage,
          since: null,
          path,
          onProgress: ({ fraction }) => progress(fraction, 1),
        });
        return { sizeBytes };
      }),
    'snapshot.import': () =>
      importing.run(async () => {
        const path = await dependencies.chooseImportPath();
        if (path === null) return null;
        const progress = progressEvents(events, 'import');
        const { imported } = await changing(
          library.importBundle({ path, onProgress: ({ fraction }) => progress(fraction, 1) }),
        );
        return { names: imported.map(({ name }) => name) };
      }),
  };
}
