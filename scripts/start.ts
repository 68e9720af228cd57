import path from 'node:path';
import { ensureBuilt } from './setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal } from './setup/child.ts';
import { hasDisplay } from './setup/display.ts';
import { runScript, setup } from './setup/setup.ts';

/** `npm start`: makes everything ready, then runs the app, or a console in this terminal where there is no display. */
void runScript(async (signal, terminal) => {
  const electron = await setup({ tests: false, signal, terminal });
  await ensureBuilt(terminal);
  signal.throwIfAborted();
  const userArgs = process.argv.slice(2);
  if (!hasDisplay()) {
    terminal.say('There is no display for a window, so a machine\'s console opens here. Leave it with "exit".');
    return runInTerminal(process.execPath, [path.join(PROJECT_ROOT, 'out/main/cli.js'), 'shell', 'tiny', '--vm', 'first']);
  }
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
