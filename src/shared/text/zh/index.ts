import type { Words } from '../words.ts';
import type { en } from '../en/index.ts';
import { commands } from './commands.ts';
import { compare } from './compare.ts';
import { ui } from './ui.ts';
import { vms } from './vms.ts';
import { workspace } from './workspace.ts';
import { machine } from './machine.ts';
import { crash } from './crash.ts';
import { diagnostics } from './diagnostics.ts';
import { build } from './build.ts';
import { images } from './images.ts';
import { firstRun } from './first-run.ts';
import { quit } from './quit.ts';
import { network } from './network.ts';
import { snapshots } from './snapshots.ts';
import { terminal } from './terminal.ts';
import { files } from './files.ts';
import { notify } from './notify.ts';
import { help } from './help.ts';
import { settings } from './settings.ts';
import { palette } from './palette.ts';
import { menu } from './menu.ts';
import { dialogs } from './dialogs.ts';
import { screen } from './screen.ts';

export const zh: Words<typeof en> = {
  ...commands,
  ...compare,
  ...ui,
  ...vms,
  ...workspace,
  ...machine,
  ...crash,
  ...diagnostics,
  ...build,
  ...images,
  ...firstRun,
  ...quit,
  ...network,
  ...snapshots,
  ...terminal,
  ...files,
  ...notify,
  ...help,
  ...settings,
  ...palette,
  ...menu,
  ...dialogs,
  ...screen,
};
