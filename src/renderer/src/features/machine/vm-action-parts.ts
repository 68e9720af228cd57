import type { LibraryActions } from '../../app/library-actions.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import type { Navigation } from '../../app/navigation.svelte.ts';
import type { Notices } from '../../vm/notices.ts';

/** What doing something to VMs needs of the page. */
export interface VmActionParts {
  readonly actions: Pick<LibraryActions, 'duplicateVm' | 'deleteVm' | 'undeleteVm'>;
  readonly library: Pick<LibraryStore, 'vms'>;
  readonly navigation: Pick<Navigation, 'open' | 'select'>;
  readonly notices: Notices;
  after(delayMs: number, run: () => void): () => void;
}
