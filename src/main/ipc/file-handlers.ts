import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkImport } from '../../library/host-files.ts';
import type { ChosenFile } from '../../shared/ipc/contract.ts';
import { FailureError } from '../../shared/result.ts';
import type { DragFolders } from '../drag-folders.ts';
import { freeHostPath, hostFileName } from '../file-names.ts';
import type { FileTokens } from '../file-tokens.ts';
import type { FileTransfers } from '../file-transfers.ts';
import type { NativeDialogs } from './native-dialogs.ts';
import type { CallHandlers } from './register.ts';

export interface FileHandlerDependencies {
  readonly tokens: FileTokens;
  readonly transfers: FileTransfers;
  readonly drags: DragFolders;
  readonly dialogs: NativeDialogs;
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
  | 'file.openDrag'
  | 'file.startDrag'
  | 'file.again'
  | 'file.release'
>;

/** Files and folders of the host that a person chose or dropped. The page gets tokens for them. */
export function fileHandlers({ tokens, transfers, drags, dialogs }: FileHandlerDependencies): FileCalls {
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
      const title = dialogs.t()('dialogs.import-files');
      return Promise.all((await dialogs.open(title, ['openFile', 'multiSelections'])).map(chosenFile));
    },
    'file.chooseImportFolder': async () => {
      const title = dialogs.t()('dialogs.import-folders');
      return (await dialogs.open(title, ['openDirectory', 'multiSelections'])).map(chosenFolder);
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
      const title = dialogs.t()('dialogs.export-file');
      const filePath = await dialogs.save(title, hostFileName(suggestedName));
      return filePath === null ? null : { token: tokens.issue('export', filePath), name: path.basename(filePath) };
    },
    'file.chooseExportFolder': async () => {
      const title = dialogs.t()('dialogs.export-folder');
      const [folder] = await dialogs.open(title, ['openDirectory', 'createDirectory']);
      return folder === undefined ? null : { token: transfers.addFolder(folder), name: path.basename(folder) };
    },
    'file.exportInto': async ({ folderToken, name }) => {
      const file = await freeHostPath(transfers.folder(folderToken), hostFileName(name));
      return { token: tokens.issue('export', file), name: path.basename(file) };
    },
    'file.openDrag': ({ names }) => drags.open(names),
    'file.startDrag': ({ token }) => drags.start(token),
    'file.again': ({ token }) => ({ token: transfers.again(token) }),
    'file.release': ({ token }) => transfers.release(token),
  };
}
