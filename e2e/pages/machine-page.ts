import { expect, type Locator, type Page } from '@playwright/test';
import { SnapshotPanel } from './snapshot-panel.ts';

type State = 'stopped' | 'running' | 'paused' | 'failed';

/** What a machine's page needs of the app around it. */
export interface AppAround {
  readonly page: Page;
  readonly toasts: Locator;
  vmItem(name: string): Locator;
  select(name: string): Promise<MachinePage>;
  answerOpenDialog(paths: readonly string[]): Promise<unknown>;
  answerSaveDialog(path: string): Promise<void>;
}

/** The main area for one VM: its header, terminals and snapshots. */
export class MachinePage {
  private readonly app: AppAround;
  private readonly page: Page;
  readonly name: string;

  constructor(app: AppAround, name: string) {
    this.app = app;
    this.page = app.page;
    this.name = name;
  }

  async isState(state: State): Promise<void> {
    await expect(this.app.vmItem(this.name)).toHaveAttribute('data-state', state);
  }

  action(name: string): Locator {
    return this.page.getByRole('group', { name: 'VM actions' }).getByRole('button', { name, exact: true });
  }

  async chooseMore(name: string): Promise<void> {
    await this.action('More actions').click();
    await this.page.getByRole('menuitem', { name }).click();
  }

  /** Types into the terminal that is shown, key by key, as a person does. */
  async type(text: string): Promise<void> {
    await this.terminal().locator('textarea').focus();
    await this.page.keyboard.type(text);
  }

  /** Types a command line and waits until what it prints appears. */
  async run(command: string, expected: string | RegExp): Promise<void> {
    await this.type(`${command}\n`);
    await this.shows(expected);
  }

  async shows(expected: string | RegExp): Promise<void> {
    await expect
      .poll(() => this.text())
      .toMatch(typeof expected === 'string' ? new RegExp(escape(expected)) : expected);
  }

  async text(): Promise<string> {
    return this.terminal().evaluate((element) => {
      const event = new CustomEvent('terrarium:read-text', { detail: { text: '' } });
      element.dispatchEvent(event);
      return event.detail.text;
    });
  }

  /** Pastes into the terminal as the system's paste does. */
  async paste(text: string): Promise<void> {
    await this.terminal()
      .locator('textarea')
      .evaluate((element, pasted) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', pasted);
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      }, text);
  }

  /** Answers the question about a paste of several lines, by keyboard. */
  async confirmPaste(): Promise<void> {
    const dialog = this.page.getByRole('dialog', { name: /^Paste [\d,]+ lines?\?$/ });
    await expect(dialog.getByRole('button', { name: 'Paste', exact: true })).toBeFocused();
    await this.page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
  }

  async press(key: string): Promise<void> {
    await this.terminal().locator('textarea').press(key);
  }

  /** Columns and rows of the terminal on the screen, as the page drew it. */
  async size(): Promise<{ columns: number; rows: number }> {
    return this.terminal().evaluate((element) => ({
      columns: Number(element.dataset['columns']),
      rows: Number(element.dataset['rows']),
    }));
  }

  /** The terminal on the screen. */
  terminal(): Locator {
    return this.page.getByTestId('terminal').filter({ visible: true });
  }

  /** Shows a terminal, which is opened by “+” where no tab has it yet. */
  async openTab(name: 'Terminal 1' | 'Terminal 2' | 'Terminal 3' | 'Boot log'): Promise<void> {
    const tab = this.page.getByRole('tab', { name });
    const order = ['Terminal 1', 'Terminal 2', 'Terminal 3'];
    // Consoles are opened one after the other.
    for (const each of name === 'Boot log' ? [name] : order.slice(0, order.indexOf(name) + 1)) {
      const wanted = this.page.getByRole('tab', { name: each });
      if ((await wanted.count()) > 0) continue;
      await this.page.getByRole('button', { name: 'Open a terminal' }).click();
      await this.page.getByRole('menuitem', { name: each === 'Boot log' ? each : 'New terminal' }).click();
      await expect(wanted).toHaveAttribute('aria-selected', 'true');
    }
    await tab.click();
  }

  /** The snapshots, which the app shows beside the terminals. */
  get snapshots(): SnapshotPanel {
    return new SnapshotPanel(this.page);
  }

  snapshot(name: string): Locator {
    return this.snapshots.item(name);
  }

  async takeSnapshot(name: string): Promise<void> {
    await this.action('Snapshot').click();
    await this.page.getByLabel('Snapshot name').fill(name);
    await this.page.getByRole('button', { name: 'Take snapshot' }).click();
    await expect(this.snapshot(name)).toBeVisible();
  }

  /** Restores and waits until the VM runs from there. */
  async restore(name: string): Promise<void> {
    await this.snapshots.restore(name);
    await expect(this.app.toasts.filter({ hasText: `${this.name} is back at “${name}”` })).toBeVisible();
    await this.isState('running');
  }

  async fork(snapshot: string, vmName: string): Promise<MachinePage> {
    await this.snapshots.choose(snapshot, 'Fork as…');
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('VM name').fill(vmName);
    await dialog.getByRole('button', { name: /^(Fork|Create)/ }).click();
    await expect(dialog).toBeHidden();
    const forked = await this.app.select(vmName);
    await forked.isState('running');
    return forked;
  }

  async importFiles(paths: readonly string[]): Promise<void> {
    await this.app.answerOpenDialog(paths);
    await this.page.getByRole('button', { name: 'Import file…' }).click();
  }

  /** Exports a file from /root. */
  async exportFile(name: string, to: string): Promise<void> {
    await this.app.answerSaveDialog(to);
    await this.page.getByRole('button', { name: 'Export file…' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('button', { name }).click();
    await dialog.getByRole('button', { name: /^(Save|Export)/ }).click();
    await expect(dialog).toBeHidden();
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
