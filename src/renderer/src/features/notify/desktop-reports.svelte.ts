import { COMMAND_IDS } from '../../../../shared/model/commands.ts';
import type { App } from '../../app/app.ts';

type Needs = Pick<App, 'bridge' | 'build' | 'commands' | 'quitting' | 'vms' | 'work'>;

/** How far what is under way has come, 0..1; null for nothing. Leaving the app goes before everything else. */
export function desktopProgress({ build, quitting, work }: Pick<Needs, 'build' | 'quitting' | 'work'>): number | null {
  if (quitting.isShown && quitting.vms.length > 0) {
    return quitting.vms.filter(({ progress }) => progress === 'suspended').length / quitting.vms.length;
  }
  if (build.state.kind === 'building') return build.state.progress?.fraction ?? 0;
  return work.running === null ? null : (work.running.fraction ?? 0);
}

/** Tells main what its menu, its tray and the taskbar show. @returns what ends that */
export function reportToDesktop(app: Needs): () => void {
  const { bridge, commands, vms } = app;
  return $effect.root(() => {
    $effect(() => {
      const enabled = COMMAND_IDS.filter((id) => commands.isEnabled(id));
      void bridge.call('menu.setEnabled', { commands: enabled });
    });
    $effect(() => {
      const running = vms.live.map(({ id, name }) => ({ vmId: id, name: name.slice(0, 200) }));
      void bridge.call('tray.setRunning', { vms: running.slice(0, 256) });
    });
    // A hundredth is less than a taskbar shows; more often would only be traffic.
    const percent = $derived.by(() => {
      const fraction = desktopProgress(app);
      return fraction === null ? null : Math.floor(Math.min(1, Math.max(0, fraction)) * 100);
    });
    $effect(() => {
      void bridge.call('window.setProgress', { fraction: percent === null ? null : percent / 100 });
    });
  });
}
