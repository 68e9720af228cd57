import type { CommandHandler } from './commands/commands.ts';
import type { App } from './app.ts';
import type { OpenDialog } from './navigation.svelte.ts';

type Needs = Pick<App, 'commands' | 'firstRun' | 'navigation' | 'settings' | 'vms'>;

const ZOOM_STEPS = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200];

/** What a person can do with the app as a whole. */
export function registerAppCommands(app: Needs): void {
  const { commands, navigation, settings, vms } = app;
  // The welcome has the window to itself.
  const isOpen = (): boolean => !app.firstRun.isShown;
  const opens = (dialog: OpenDialog): CommandHandler => ({
    isEnabled: isOpen,
    run: () => navigation.open(dialog),
  });
  const toggles = (panel: 'snapshots' | 'network'): CommandHandler => ({
    isEnabled: () => isOpen() && navigation.selectedId !== null,
    run: () => navigation.togglePanel(panel),
  });
  const zooms = (next: (percent: number) => number | undefined): CommandHandler => ({
    run: () => {
      const zoomPercent = next(settings.current.zoomPercent);
      if (zoomPercent !== undefined) void settings.set({ zoomPercent });
    },
  });
  commands.register({
    'snapshot.take': {
      isEnabled: () => isOpen() && navigation.selectedId !== null && vms.get(navigation.selectedId)?.isLive === true,
      run: () => {
        if (navigation.selectedId !== null) navigation.open({ kind: 'take-snapshot', vmId: navigation.selectedId });
      },
    },
    'view.snapshots': toggles('snapshots'),
    'view.network': toggles('network'),
    'view.zoom-in': zooms((now) => ZOOM_STEPS.find((step) => step > now)),
    'view.zoom-out': zooms((now) => ZOOM_STEPS.findLast((step) => step < now)),
    'view.zoom-reset': zooms(() => 100),
    'image.catalogue': opens({ kind: 'images' }),
    'app.palette': opens({ kind: 'palette' }),
    'app.settings': opens({ kind: 'settings', search: '' }),
    'app.help': opens({ kind: 'help' }),
    'app.about': opens({ kind: 'about' }),
  });
}
