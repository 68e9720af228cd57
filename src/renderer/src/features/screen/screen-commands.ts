import { tick } from 'svelte';
import type { App } from '../../app/app.ts';
import type { CommandHandler } from '../../app/commands/commands.ts';
import { t } from '../../text/text.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { fontStack } from '../terminal/terminal-appearance.ts';
import { chord } from './scan-codes.ts';
import { pngOf } from './screen-painter.ts';

type Needs = Pick<
  App,
  'bridge' | 'commands' | 'firstRun' | 'navigation' | 'settings' | 'toasts' | 'vms' | 'workspaces'
>;

/** What a person can do with a VM's screen. */
export function registerScreenCommands(app: Needs): void {
  const { commands, navigation, vms, workspaces } = app;
  const selected = (): VmSession | null => {
    const vmId = navigation.selectedId;
    return app.firstRun.isShown || vmId === null ? null : (vms.get(vmId) ?? null);
  };
  /** The VM whose screen has, or would have, the keyboard. */
  const shown = (): VmSession | null => {
    const session = selected();
    const ref = session?.isLive === true ? workspaces.get(session.id)?.focused : null;
    return ref?.id === 'screen' ? (vms.get(ref.vmId) ?? null) : null;
  };
  const onShown = (
    run: (session: VmSession) => void,
    isFit = ({ isLive }: VmSession): boolean => isLive,
  ): CommandHandler => ({
    isEnabled: () => {
      const session = shown();
      return session !== null && isFit(session);
    },
    run: () => {
      const session = shown();
      if (session) run(session);
    },
  });
  commands.register({
    'view.screen': {
      isEnabled: () => selected()?.isLive === true,
      run: () => {
        const session = selected();
        const workspace = session && workspaces.get(session.id);
        workspace?.show('screen');
        void tick().then(() => workspace?.enter());
      },
    },
    'screen.save': onShown((session) => void savePicture(app, session)),
    'screen.ctrl-alt-delete': onShown(pressCtrlAltDelete, ({ state }) => state.kind === 'running'),
    'screen.lock-mouse': onShown(
      ({ display }) => display.lockMouse(),
      ({ state, display }) => state.kind === 'running' && !display.isMouseLocked,
    ),
    'screen.whole': onShown(() => changeScaling(app)),
  });
}

/** For all VMs, and kept: it is a matter of the person's eyes and window. */
export function changeScaling({ settings }: Pick<App, 'settings'>): void {
  void settings.set({ screenScaling: settings.current.screenScaling === 'fit' ? 'whole' : 'fit' });
}

/** What a person cannot press: their own system, or nothing, would get it. */
export function pressCtrlAltDelete({ display }: Pick<VmSession, 'display'>): void {
  display.input({ kind: 'keys', codes: chord('ControlLeft', 'AltLeft', 'Delete') });
  display.focus();
}

/** Asks where a picture of the screen is to be kept, and says what came of it. */
export async function savePicture(
  { bridge, settings, toasts }: Pick<App, 'bridge' | 'settings' | 'toasts'>,
  { display, name }: Pick<VmSession, 'display' | 'name'>,
): Promise<void> {
  const png = display.frame && (await pngOf(display.frame, fontStack(settings.current.terminalFontFamily)));
  if (png === null) {
    toasts.failure(t('screen.nothing-to-save'));
    return;
  }
  const result = await bridge.call('screen.save', { suggestedName: `${name}.png`, png });
  if (!result.ok) toasts.failure(result.error.message);
  else if (result.value) toasts.success(t('screen.saved', { file: result.value.name }));
  display.focus();
}
