import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, storageFailure } from '../../library/durable.ts';
import { FailureError } from '../../shared/result.ts';
import { hostFileName } from '../file-names.ts';
import { isPng } from '../png.ts';
import type { NativeDialogs } from './native-dialogs.ts';
import type { CallHandlers } from './register.ts';

export interface ScreenHandlerDependencies {
  readonly dialogs: NativeDialogs;
}

/** What the call about pictures of a VM's screen does. Nothing but a PNG is written, and only where a person says. */
export function screenHandlers({ dialogs }: ScreenHandlerDependencies): Pick<CallHandlers, 'screen.save'> {
  return {
    'screen.save': async ({ suggestedName, png }) => {
      if (!isPng(png)) throw new FailureError('bad-input', 'This is no picture, so nothing was written.');
      const kinds = [{ name: 'PNG', extensions: ['png'] }];
      const chosen = await dialogs.save(dialogs.t()('screen.save'), pngName(suggestedName), kinds);
      if (chosen === null) return null;
      // The dialog did not ask about a name that we complete, so nothing of that name is replaced.
      const isComplete = path.extname(chosen) !== '';
      const filePath = isComplete ? chosen : `${chosen}.png`;
      if (path.extname(filePath).toLowerCase() !== '.png')
        throw new FailureError('bad-input', 'A picture of the screen is saved as .png; nothing was written.');
      try {
        await writeFile(filePath, png, { flag: isComplete ? 'w' : 'wx' });
      } catch (cause) {
        if (errorCode(cause) === 'EEXIST')
          throw new FailureError(
            'exists',
            `There is a “${path.basename(filePath)}” already; the picture was not saved.`,
          );
        throw storageFailure(cause, 'The picture was not saved');
      }
      return { name: path.basename(filePath) };
    },
  };
}

function pngName(suggestedName: string): string {
  return `${hostFileName(suggestedName).replace(/\.[^.]*$/, '')}.png`;
}
