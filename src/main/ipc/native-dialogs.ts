import { dialog, type BrowserWindow, type FileFilter, type OpenDialogOptions } from 'electron';
import type { Translate } from '../../shared/text/translator.ts';

type Properties = NonNullable<OpenDialogOptions['properties']>;

interface Question {
  readonly message: string;
  readonly detail: string;
  readonly cancel: string;
  readonly agree: string;
}

/** The system's own dialogs, over the window where there is one, in the language the person reads now. */
export class NativeDialogs {
  /** What is to be said, in that language. */
  readonly t: () => Translate;
  private readonly window: () => BrowserWindow | null;

  constructor(window: () => BrowserWindow | null, t: () => Translate) {
    this.window = window;
    this.t = t;
  }

  /** @returns the paths a person chose, none when the dialog was cancelled */
  async open(title: string, properties: Properties, filters: FileFilter[] = []): Promise<readonly string[]> {
    const options = { title, properties, filters };
    const window = this.window();
    const { filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
    return filePaths;
  }

  /** @returns the path a person chose, null when the dialog was cancelled */
  async save(title: string, defaultPath: string, filters: FileFilter[] = []): Promise<string | null> {
    const options = { title, defaultPath, filters };
    const window = this.window();
    const { canceled, filePath } = await (window
      ? dialog.showSaveDialog(window, options)
      : dialog.showSaveDialog(options));
    return canceled || filePath === '' ? null : filePath;
  }

  /** Asks what the page cannot be trusted to ask. Enter and Escape say no. */
  async agrees({ message, detail, cancel, agree }: Question): Promise<boolean> {
    const type = 'question' as const;
    const options = { type, message, detail, buttons: [cancel, agree], defaultId: 0, cancelId: 0 };
    const window = this.window();
    const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
    return response === 1;
  }
}
