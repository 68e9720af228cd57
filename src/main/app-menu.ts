import { Menu } from 'electron';
import { isCommandId, type CommandId } from '../shared/model/commands.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Translate } from '../shared/text/translator.ts';
import { appMenu } from './menu.ts';

/** The application menu as it is now: in the person's language, with their keys, and grey where nothing can be done. */
export class AppMenu {
  // The page says what can be done as soon as it is there.
  private enabled: ReadonlySet<CommandId> = new Set();
  private shown: Pick<Settings, 'language' | 'keys'> | null = null;
  private readonly run: (id: CommandId) => void;

  constructor(run: (id: CommandId) => void) {
    this.run = run;
  }

  /** Builds it anew where language or keys are others than before. */
  show(settings: Settings, t: Translate): void {
    const { language, keys } = settings;
    if (this.shown?.language === language && this.shown.keys === keys) return;
    this.shown = { language, keys };
    const template = appMenu({
      t,
      keys,
      isMac: process.platform === 'darwin',
      isEnabled: (id) => this.enabled.has(id),
      run: this.run,
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  setEnabled(ids: readonly CommandId[]): void {
    this.enabled = new Set(ids);
    const menu = Menu.getApplicationMenu();
    for (const { submenu } of menu?.items ?? []) {
      for (const item of submenu?.items ?? []) {
        if (isCommandId(item.id)) item.enabled = this.enabled.has(item.id);
      }
    }
  }
}
