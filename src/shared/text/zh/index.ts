import type { Words } from '../words.ts';
import type { en } from '../en/index.ts';
import { commands } from './commands.ts';
import { ui } from './ui.ts';
import { crash } from './crash.ts';
import { diagnostics } from './diagnostics.ts';
import { build } from './build.ts';
import { firstRun } from './first-run.ts';
import { quit } from './quit.ts';
import { network } from './network.ts';
import { snapshots } from './snapshots.ts';

export const zh: Words<typeof en> = {
  ...commands,
  ...ui,
  ...crash,
  ...diagnostics,
  ...build,
  ...firstRun,
  ...quit,
  ...network,
  ...snapshots,
};
