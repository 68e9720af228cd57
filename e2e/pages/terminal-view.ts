import type { Locator, Page } from '@playwright/test';
import type { SettingsPatch } from '../../src/shared/model/settings.ts';
import type { TerrariumApp } from './terrarium-app.ts';

type BridgeWindow = Window & { terrarium: { call(name: string, args: unknown): Promise<unknown> } };

/** The terminal on the screen, with what belongs to it: search, links, clipboard, bell. */
export class TerminalView {
  private readonly app: TerrariumApp;
  private readonly page: Page;

  constructor(app: TerrariumApp) {
    this.app = app;
    this.page = app.page;
  }

  private get terminal(): Locator {
    return this.page.getByTestId('terminal').filter({ visible: true });
  }

  async set(patch: SettingsPatch): Promise<void> {
    await this.page.evaluate(
      (wanted) => (window as unknown as BridgeWindow).terrarium.call('settings.set', wanted),
      patch,
    );
  }

  /** The colour around its letters. */
  background(): Promise<string> {
    return this.terminal.evaluate((element) => getComputedStyle(element.parentElement ?? element).backgroundColor);
  }

  get findField(): Locator {
    return this.page.getByRole('textbox', { name: 'Find in terminal' });
  }

  get findCount(): Locator {
    return this.page.getByRole('search').getByRole('status');
  }

  get findProblem(): Locator {
    return this.page.getByRole('search').getByRole('alert');
  }

  findOption(name: 'Match case' | 'Whole word' | 'Regular expression'): Locator {
    return this.page.getByRole('search').getByRole('button', { name });
  }

  get linkHint(): Locator {
    return this.page.getByTestId('link-hint');
  }

  /** Moves the pointer to a cell, counted from 0. */
  async point(column: number, row: number): Promise<void> {
    const { x, y } = await this.cell(column, row);
    await this.page.mouse.move(x + 1, y);
    await this.page.mouse.move(x, y, { steps: 3 });
  }

  async click(column: number, row: number, key: 'Control' | null = null): Promise<void> {
    await this.point(column, row);
    if (key !== null) await this.page.keyboard.down(key);
    const { x, y } = await this.cell(column, row);
    await this.page.mouse.click(x, y);
    if (key !== null) await this.page.keyboard.up(key);
  }

  async doubleClick(column: number, row: number): Promise<void> {
    const { x, y } = await this.cell(column, row);
    await this.page.mouse.dblclick(x, y);
  }

  /** The operating system opens nothing any more; whoever asks a person is told “Open”. @returns what reads what was opened */
  async recordOpened(): Promise<() => Promise<string[]>> {
    await this.app.electron.evaluate(({ dialog, shell }) => {
      const opened: string[] = [];
      Object.assign(globalThis, { openedAddresses: opened });
      dialog.showMessageBox = () => Promise.resolve({ response: 1, checkboxChecked: false });
      shell.openExternal = (address) => Promise.resolve(void opened.push(address));
    });
    return () =>
      this.app.electron.evaluate(() => (globalThis as unknown as { openedAddresses: string[] }).openedAddresses);
  }

  get clipboardQuestion(): Locator {
    return this.page.getByTestId('clipboard-question');
  }

  readClipboard(): Promise<string> {
    return this.app.electron.evaluate(({ clipboard }) => clipboard.readText());
  }

  writeClipboard(text: string): Promise<void> {
    return this.app.electron.evaluate(({ clipboard }, written) => clipboard.writeText(written), text);
  }

  /** @returns what reads how often the bell was seen since */
  async countRings(): Promise<() => Promise<number>> {
    await this.terminal.evaluate((element) => {
      const count = { rings: 0, isRinging: false };
      Object.assign(window, { bellCount: count });
      new MutationObserver(() => {
        const isRinging = element.classList.contains('rings');
        if (isRinging && !count.isRinging) count.rings += 1;
        count.isRinging = isRinging;
      }).observe(element, { attributes: true, attributeFilter: ['class'] });
    });
    return () => this.page.evaluate(() => (window as unknown as { bellCount: { rings: number } }).bellCount.rings);
  }

  async cursorColumn(): Promise<number> {
    return this.terminal.evaluate((element) => {
      const event = new CustomEvent('terrarium:read-text', { detail: { cursor: { column: -1, row: -1 } } });
      element.dispatchEvent(event);
      return event.detail.cursor.column;
    });
  }

  private async cell(column: number, row: number): Promise<{ x: number; y: number }> {
    return this.terminal.evaluate(
      (element, at) => {
        const box = element.querySelector('.xterm-screen')?.getBoundingClientRect();
        if (!box) throw new Error('the terminal shows no screen');
        return {
          x: box.left + ((at.column + 0.5) * box.width) / Number(element.dataset['columns']),
          y: box.top + ((at.row + 0.5) * box.height) / Number(element.dataset['rows']),
        };
      },
      { column, row },
    );
  }
}
