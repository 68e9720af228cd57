import type { App } from './app.ts';

/** Does what an item of the application menu stands for. Unknown actions are for a newer page; they do nothing. */
export function runMenuAction(app: App, action: string): void {
  const { navigation, settings } = app;
  // The welcome has the window to itself; there is no VM these could be about.
  if (app.firstRun.isShown) return;
  const vmId = navigation.selectedId;
  switch (action) {
    case 'new-vm':
      navigation.open({ kind: 'new-vm' });
      break;
    case 'about':
      navigation.open({ kind: 'about' });
      break;
    case 'take-snapshot':
      if (vmId !== null && app.vms.get(vmId)?.isLive) navigation.open({ kind: 'take-snapshot', vmId });
      break;
    case 'find':
      navigation.isSearchOpen = true;
      break;
    case 'toggle-snapshots':
      navigation.togglePanel('snapshots');
      break;
    case 'toggle-network':
      navigation.togglePanel('network');
      break;
    case 'zoom-in':
    case 'zoom-out':
    case 'zoom-reset':
      settings.zoomTerminal(action);
      break;
  }
}
