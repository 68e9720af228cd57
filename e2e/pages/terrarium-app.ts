import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { _electron, expect, type ElectronApplication, type Locator, type Page } from '@playwright/test';
import { MachinePage } from './machine-page.ts';

/** What the system was asked to drag. */
export interface RecordedDrag {
  readonly file: string;
  readonly files: readonly string[];
  readonly hasIcon: boolean;
}

/** The running app: its window and what the operating system would do around it. */
export class TerrariumApp {
  readonly page: Page;
  readonly electron: ElectronApplication;

  /** Kept from the start: Playwright forgets it when the app has ended. */
  private readonly process: ChildProcess;

  private constructor(electron: ElectronApplication, page: Page) {
    this.electron = electron;
    this.page = page;
    this.process = electron.process();
  }

  static async start(home: string): Promise<TerrariumApp> {
    const executablePath = process.env['TERRARIUM_ELECTRON_PATH'];
    if (executablePath === undefined)
      throw new Error('TERRARIUM_ELECTRON_PATH is not set: run “npm test -- --only e2e”');
    const electron = await _electron.launch({
      executablePath,
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), path.resolve(import.meta.dirname, '..', '..')],
      env: { ...(process.env as Record<string, string>), TERRARIUM_HOME: home },
    });
    const page = await electron.firstWindow();
    await page.waitForLoadState();
    return new TerrariumApp(electron, page);
  }

  get vmList(): Locator {
    return this.page.getByTestId('vm-list');
  }

  /** Resolves when the library shows, with or without VMs in it. */
  async ready(): Promise<void> {
    await this.page.getByRole('complementary').first().waitFor();
  }

  vmItem(name: string): Locator {
    return this.page.locator(`[data-testid=vm-item][data-vm-name="${name}"]`);
  }

  get toasts(): Locator {
    return this.page.getByTestId('toast');
  }

  /** Selects a VM in the sidebar. */
  async select(name: string): Promise<MachinePage> {
    await this.vmItem(name).click();
    return new MachinePage(this, name);
  }

  /** Creates a VM through the dialog and launches it. */
  async createVm(name: string, memoryMib: number | null = null): Promise<MachinePage> {
    await this.page.getByRole('button', { name: 'New VM' }).first().click();
    const dialog = this.page.getByRole('dialog', { name: 'New VM' });
    await dialog.getByLabel('Name').fill(name);
    if (memoryMib !== null) await dialog.getByLabel('Memory').fill(String(memoryMib));
    await dialog.getByRole('button', { name: 'Create VM' }).click();
    await expect(dialog).toBeHidden();
    const machine = await this.select(name);
    await machine.isState('running');
    return machine;
  }

  /**
   * The next file dialog answers with these paths, as if a person had chosen them; none: as if closed.
   * @returns what waits until it has
   */
  async answerOpenDialog(filePaths: readonly string[]): Promise<() => Promise<void>> {
    const answered = await this.electron.evaluateHandle(({ dialog }, paths) => {
      const count = { value: 0 };
      dialog.showOpenDialog = () => {
        count.value += 1;
        return Promise.resolve({ canceled: paths.length === 0, filePaths: [...paths] });
      };
      return count;
    }, filePaths);
    return () => expect.poll(() => answered.evaluate(({ value }) => value)).toBeGreaterThan(0);
  }

  async answerSaveDialog(filePath: string): Promise<void> {
    await this.electron.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen });
    }, filePath);
  }

  /** From now on the system's drags are only written down, since a test has no other program to drag to. @returns those so far */
  async recordDrags(): Promise<() => Promise<readonly RecordedDrag[]>> {
    const recorded = await this.electron.evaluateHandle(({ BrowserWindow }) => {
      const drags: { file: string; files: readonly string[]; hasIcon: boolean }[] = [];
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      if (contents === undefined) throw new Error('the app has no window');
      contents.startDrag = ({ file, files, icon }) => {
        drags.push({ file, files: files ?? [], hasIcon: typeof icon !== 'string' && !icon.isEmpty() });
      };
      return drags;
    });
    return () => recorded.jsonValue();
  }

  /** Changes settings behind the settings page. */
  async setSettings(patch: Readonly<Record<string, unknown>>): Promise<void> {
    await this.page.evaluate(async (changes) => {
      const { terrarium } = window as unknown as {
        terrarium: { call(name: string, args: unknown): Promise<{ ok: boolean }> };
      };
      const result = await terrarium.call('settings.set', changes);
      if (!result.ok) throw new Error(JSON.stringify(result));
    }, patch);
  }

  /** Quits as a person does, by closing the window; resolves when the process has ended. */
  async quit(): Promise<void> {
    const ended = this.ended();
    await this.electron.evaluate(({ BrowserWindow }) => {
      // Later: the answer to this call must get out before the window is gone.
      setImmediate(() => BrowserWindow.getAllWindows()[0]?.close());
    });
    await ended;
  }

  /** Ends the app's process at once, like kill -9. */
  async kill(): Promise<void> {
    const ended = this.ended();
    this.process.kill('SIGKILL');
    await ended;
  }

  private ended(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => this.process.once('exit', () => resolve()));
  }
}
