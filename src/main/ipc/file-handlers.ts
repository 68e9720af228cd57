import { stat } from 'node:fs/promises';
import path from 'node:path';
import { dialog, type BrowserWindow } from 'electron';
import { checkImport } from '../../library/host-files.ts';
import type { ChosenFile } from '../../shared/ipc/contract.ts';
import { FailureError } from '../../shared/result.ts';
import { freeHostPath, hostFileName } from '../file-names.ts';
import type { FileTokens } from '../file-tokens.ts';
import type { FileTransfers } from '../file-transfers.ts';
import type { CallHandlers } from './register.ts';

export interface FileHandlerDependencies {
  readonly tokens: FileTokens;
  readonly transfers: FileTransfers;
  readonly window: () => BrowserWindow | null;
}

type FileCalls = Pick<
  CallHandlers,
  | 'file.chooseImport'
  | 'file.chooseImportFolder'
  | 'file.dropped'
  | 'file.packFolder'
  | 'file.chooseExport'
  | 'file.chooseExportFolder'
  | 'file.exportInto'
  | 'file.again'
  | 'file.release'
>;

/** Files and folders of the host that a person chose or dropped. The page gets tokens for them. */
export function fileHandlers({ tokens, transfers, window }: FileHandlerDependencies): FileCalls {
  const chosenFile = async (file: string): Promise<ChosenFile> => ({
    ...(await checkImport(file)),
    token: tokens.issue('import', file),
    kind: 'file',
  });
  const chosenFolder = (folder: string): ChosenFile => ({
    token: transfers.addFolder(folder),
    name: path.basename(folder),
    sizeBytes: 0,
    kind: 'folder',
  });
  return {
    'file.chooseImport': async () => {
      const { filePaths } = await openDialog(window(), 'Import files into the VM', ['openFile', 'multiSelections']);
      return Promise.all(filePaths.map(chosenFile));
    },
    'file.chooseImportFolder': async () => {
      const { filePaths } = await openDialog(window(), 'Import folders into the VM', [
        'openDirectory',
        'multiSelections',
      ]);
      return filePaths.map(chosenFolder);
    },
    'file.dropped': (paths) => {
      for (const file of paths)
        if (!path.isAbsolute(file))
          throw new FailureError('bad-input', 'Only files from this computer can be dropped here.');
      return Promise.all(
        paths.map(async (file) => {
          const isFolder = await stat(file).then(
            (info) => info.isDirectory(),
            // The sentence for what is gone or cannot be read comes from the check of files.
            () => false,
          );
          return isFolder ? chosenFolder(file) : chosenFile(file);
        }),
      );
    },
    'file.packFolder': async ({ token }) => ({ token: await transfers.packFolder(token) }),
    'file.chooseExport': async ({ suggestedName }) => {
      const { filePath } = await saveDialog(window(), hostFileName(suggestedName));
      return filePath === '' ? null : { token: tokens.issue('export', filePath), name: path.basename(filePath) };
    },
    'file.chooseExportFolder': async () => {
      const { filePaths } = await openDialog(window(), 'Save into a folder', ['openDirectory', 'createDirectory']);
      const [folder] = filePaths;
      return folder === undefined ? null : { token: transfers.addFolder(folder), name: path.basename(folder) };
    },
    'file.exportInto': async ({ folderToken, name }) => {
      const file = await freeHostPath(transfers.folder(folderToken), hostFileName(name));
      return { token: tokens.issue('export', file), name: path.basename(file) };
    },
    'file.again': ({ token }) => ({ token: transfers.again(token) }),
    'file.release': ({ token }) => transfers.release(token),
  };
}

type Properties = NonNullable<Electron.OpenDialogOptions['properties']>;

function openDialog(
  window: BrowserWindow | null,
  title: string,
  properties: Properties,
): Promise<Electron.OpenDialogReturnValue> {
  const options = { title, properties };
  return window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options);
}

function saveDialog(window: BrowserWindow | null, name: string): Promise<Electron.SaveDialogReturnValue> {
  const options = { title: 'Save the file from the VM', defaultPath: name };
  return window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options);
}
