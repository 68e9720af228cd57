import path from 'node:path';
import { runTool } from '../src/images/packages/tool.ts';
import { ensureBuilt } from './setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal } from './setup/child.ts';
import { hasDisplay } from './setup/display.ts';
import { runScript, setup } from './setup/setup.ts';
import type { Terminal } from './setup/terminal.ts';

/** The image whose machine opens where there is no display. */
const CONSOLE_IMAGE = 'tiny';
/** The VM it is, kept from one start to the next; the app's first run calls its VM the same. */
const CONSOLE_VM = 'first';

/** `npm start`: makes everything ready, then runs the app, or a console in this terminal where there is no display. */
void runScript(async (signal, terminal) => {
  const electron = await setup({ tests: false, signal, terminal });
  await ensureBuilt(terminal);
  signal.throwIfAborted();
  const userArgs = process.argv.slice(2);
  if (!hasDisplay()) return consoleInTerminal(signal, terminal);
  const flags: string[] = [];
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    terminal.warn(
      'As root, Electron runs without its sandbox (--no-sandbox). Start it as an ordinary user to have it.',
    );
    flags.push('--no-sandbox');
  }
  // Electron would behave as plain Node with this variable, which editors set for their own children.
  return runInTerminal(electron.electronPath, [...flags, PROJECT_ROOT, ...userArgs], {
    ELECTRON_RUN_AS_NODE: undefined,
  });
});

async function consoleInTerminal(signal: AbortSignal, terminal: Terminal): Promise<number> {
  const cli = path.join(PROJECT_ROOT, 'out/main/cli.js');
  terminal.say('There is no display for a window, so the console of a machine opens in this terminal.');
  const listing = await runTool(process.execPath, [cli, 'image', 'list', '--json'], { signal });
  if (!hasImage(listing.stdout)) {
    const exitCode = await runInTerminal(process.execPath, [cli, 'image', 'build', CONSOLE_IMAGE]);
    if (exitCode !== 0) return exitCode;
  }
  return runInTerminal(process.execPath, [cli, 'shell', CONSOLE_IMAGE, '--vm', CONSOLE_VM]);
}

/** Looks for the image in what `terrarium image list --json` prints. */
function hasImage(listing: string): boolean {
  const images: unknown = JSON.parse(listing);
  if (!Array.isArray(images)) return false;
  return images.some(
    (image: unknown) => typeof image === 'object' && image !== null && 'name' in image && image.name === CONSOLE_IMAGE,
  );
}
