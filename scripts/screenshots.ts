import path from 'node:path';
import { ensureBuilt } from './setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal } from './setup/child.ts';
import { hasDisplay, startVirtualDisplay } from './setup/display.ts';
import { runScript, setup } from './setup/setup.ts';

/** `npm run screenshots`: takes docs/screenshots again from the real app. */
void runScript(async (signal, terminal) => {
  const electron = await setup({ tests: true, signal, terminal });
  await ensureBuilt(terminal);
  const display = hasDisplay() ? null : await startVirtualDisplay();
  try {
    return await runInTerminal(
      process.execPath,
      [
        path.join(PROJECT_ROOT, 'node_modules/@playwright/test/cli.js'),
        'test',
        '--config',
        path.join(PROJECT_ROOT, 'e2e/screenshots/playwright.config.ts'),
      ],
      {
        TERRARIUM_ELECTRON_PATH: electron.electronPath,
        ELECTRON_RUN_AS_NODE: undefined,
        ...(display === null ? {} : { DISPLAY: display.name }),
      },
    );
  } finally {
    await display?.stop();
  }
});
