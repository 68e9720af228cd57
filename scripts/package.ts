import { rm } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../src/shared/result.ts';
import { packageApp } from './package/package-app.ts';
import { ensureBuilt } from './setup/app-build.ts';
import { PROJECT_ROOT } from './setup/child.ts';
import { runScript, setup } from './setup/setup.ts';

/** `npm run package`: the app as a folder of its own in dist/, with a runtime whose fuses are flipped. */
void runScript(async (signal, terminal) => {
  if (process.platform === 'darwin')
    throw new FailureError('bad-input', 'Packaging is for Linux and Windows. On macOS, use “npm start”.');
  const { electronPath } = await setup({ tests: false, signal, terminal });
  await ensureBuilt(terminal);
  signal.throwIfAborted();
  const folder = path.join(PROJECT_ROOT, 'dist', `terrarium-${process.platform}-${process.arch}`);
  await rm(folder, { recursive: true, force: true });
  const program = await packageApp(electronPath, folder);
  terminal.say(`Packaged: ${path.relative(process.cwd(), program)}`);
  return 0;
});
