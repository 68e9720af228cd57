import type { TabId } from './workspace-model.ts';
import type { Workspace } from './workspace.svelte.ts';

/** The browser wants some data with a drag; nobody else understands this kind. */
const KIND = 'application/x-terrarium-tab';

/** The tab that is being dragged, if any: browsers tell a drop's data only when it has happened. */
class TabDrag {
  #dragged: { readonly workspace: Workspace; readonly id: TabId } | null = $state.raw(null);

  get dragged(): { readonly workspace: Workspace; readonly id: TabId } | null {
    return this.#dragged;
  }

  begin(event: DragEvent, workspace: Workspace, id: TabId): void {
    event.dataTransfer?.setData(KIND, String(id));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
    this.#dragged = { workspace, id };
  }

  end(): void {
    this.#dragged = null;
  }
}

export const tabDrag = new TabDrag();

/** The tab of this workspace that is being dragged. */
export function draggedTab(workspace: Workspace): TabId | null {
  return tabDrag.dragged?.workspace === workspace ? tabDrag.dragged.id : null;
}
