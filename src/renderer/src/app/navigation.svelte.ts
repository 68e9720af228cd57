import type { ChosenFile } from '../../../shared/ipc/contract.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';

/** What was typed for a new VM before its image was to be made; a memory of null is the image's own. */
export interface TypedVm {
  readonly name: string;
  /** The image that was chosen. */
  readonly choice: string;
  readonly memoryText: string | null;
  readonly isLaunched: boolean;
}

/** The one dialog that can be open, and what it is about. */
export type OpenDialog =
  | { readonly kind: 'new-vm'; readonly typed?: TypedVm | undefined }
  | { readonly kind: 'import-image'; readonly file: ChosenFile; readonly typed?: TypedVm | undefined }
  | { readonly kind: 'images' }
  | { readonly kind: 'about' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'settings'; readonly search: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'open-link'; readonly vmId: VmId }
  | { readonly kind: 'fork-link'; readonly snapshotId: StateId }
  | { readonly kind: 'rename-vm'; readonly vmId: VmId }
  | { readonly kind: 'vm-tags'; readonly vmIds: readonly VmId[] }
  | { readonly kind: 'other-vm'; readonly vmId: VmId; readonly purpose: 'beside' | 'tab' | 'move' }
  | { readonly kind: 'take-snapshot'; readonly vmId: VmId }
  | { readonly kind: 'export-file'; readonly vmId: VmId }
  | { readonly kind: 'restore'; readonly vmId: VmId; readonly snapshotId: StateId }
  | { readonly kind: 'fork'; readonly snapshotId: StateId }
  | { readonly kind: 'rename-snapshot'; readonly snapshotId: StateId }
  | { readonly kind: 'describe-snapshot'; readonly snapshotId: StateId }
  | { readonly kind: 'export-snapshot'; readonly snapshotId: StateId }
  | { readonly kind: 'compare-snapshots'; readonly snapshotId: StateId }
  | { readonly kind: 'verify-library' }
  | { readonly kind: 'delete-snapshot'; readonly snapshotId: StateId };

/** What stands beside the terminals. */
export type SidePanel = 'snapshots' | 'network' | 'files';

/** What the person looks at: which VM, which dialog. */
export class Navigation {
  #wanted: VmId | null = $state(null);
  readonly selectedId: VmId | null = $derived.by(() => {
    const ids = this.#vmIds();
    return this.#wanted !== null && ids.includes(this.#wanted) ? this.#wanted : (ids[0] ?? null);
  });
  dialog: OpenDialog | null = $state.raw(null);
  panel: SidePanel | null = $state('snapshots');
  isSearchOpen = $state(false);
  /** Puts the keyboard into the panel of files; who shows it sets this. */
  enterFiles: () => void = () => undefined;
  readonly #vmIds: () => readonly VmId[];

  /** @param vmIds the VMs that exist, in the order of the list; read again whenever it changes */
  constructor(vmIds: () => readonly VmId[]) {
    this.#vmIds = vmIds;
  }

  select(id: VmId): void {
    this.#wanted = id;
    this.isSearchOpen = false;
  }

  /** Opens a panel in place of the one that is open, or closes it when it is that one. */
  togglePanel(panel: SidePanel): void {
    this.panel = this.panel === panel ? null : panel;
  }

  open(dialog: OpenDialog): void {
    this.dialog = dialog;
  }

  closeDialog(): void {
    this.dialog = null;
  }
}
