import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dialog, type BrowserWindow } from 'electron';
import { storageFailure } from '../../library/durable.ts';
import { FailureError } from '../../shared/result.ts';
import { hostFileName } from '../file-names.ts';
import { mainText } from '../main-text.ts';
import { isPng } from '../png.ts';
import type { SettingsStore } from '../settings-store.ts';
import type { CallHandlers } from './register.ts';

export interface ScreenHandlerDependencies {
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly window: () => BrowserWindow | null;
}

/** What the call about pictures of a VM's screen does. Nothing but a PNG is written, and only where a person says. */
export function screenHandlers({ settings, window }: ScreenHandlerDependencies): Pick<CallHandlers, 'screen.save'> {
  return {
    'screen.save': async ({ suggestedName, png }) => {
      if (!isPng(png)) throw new FailureError('bad-input', 'This is no picture, so nothing was written.');
      const { filePath } = await saveDialog(window(), mainText(settings)('screen.save'), hostFileName(suggestedName));
      if (filePath === '') return null;
      try {
        await writeFile(filePath, png);
      } catch (cause) {
        throw storageFailure(cause, 'The picture was not saved');
      }
      return { name: path.basename(filePath) };
    },
  };
}

function saveDialog(
  window: BrowserWindow | null,
  title: string,
  defaultPath: string,
): Promise<Electron.SaveDialogReturnValue> {
  const options = { title, defaultPath, filters: [{ name: 'PNG', extensions: ['png'] }] };
  return window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options);
}
