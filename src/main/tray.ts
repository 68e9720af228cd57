import { Menu, nativeImage, Tray, type MenuItemConstructorOptions } from 'electron';
import type { VmId } from '../shared/model/ids.ts';
import type { Translate } from '../shared/text/translator.ts';

export interface TrayVm {
  readonly vmId: VmId;
  readonly name: string;
}

export interface TrayParts {
  /** A picture of it, in a file. */
  readonly icon: string;
  readonly t: () => Translate;
  show(): void;
  showVm(vmId: VmId): void;
  quit(): void;
}

/** What the tray's menu has in it. */
export function trayMenu(parts: TrayParts, running: readonly TrayVm[]): MenuItemConstructorOptions[] {
  const t = parts.t();
  const vms = running.map(({ vmId, name }) => ({
    label: name.replaceAll('&', '&&'),
    click: () => parts.showVm(vmId),
  }));
  return [
    { label: t('menu.tray-show'), click: () => parts.show() },
    { type: 'separator' },
    ...(vms.length > 0 ? vms : [{ label: t('menu.tray-none'), enabled: false }]),
    { type: 'separator' },
    { label: t('menu.tray-quit'), click: () => parts.quit() },
  ];
}

/** The app's place in the tray, while the setting for it is on. A desktop may have none; then nothing shows. */
export class AppTray {
  private tray: Tray | null = null;
  private running: readonly TrayVm[] = [];
  private readonly parts: TrayParts;

  constructor(parts: TrayParts) {
    this.parts = parts;
  }

  /** Shows it or takes it away, in the language there is now. */
  follow(isWanted: boolean): void {
    if (!isWanted) {
      this.tray?.destroy();
      this.tray = null;
      return;
    }
    try {
      this.tray ??= this.made();
      this.tray.setContextMenu(Menu.buildFromTemplate(trayMenu(this.parts, this.running)));
    } catch (cause) {
      console.warn('There is no tray to be in:', cause);
    }
  }

  setRunning(running: readonly TrayVm[]): void {
    this.running = running;
    if (this.tray !== null) this.follow(true);
  }

  private made(): Tray {
    const tray = new Tray(nativeImage.createFromPath(this.parts.icon));
    tray.setToolTip('Terrarium');
    tray.on('click', () => this.parts.show());
    return tray;
  }
}
