import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';

/** The list of VMs. */
export class VmSidebar {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get items(): Locator {
    return this.page.getByTestId('vm-item');
  }

  item(name: string): Locator {
    return this.page.locator(`[data-testid=vm-item][data-vm-name="${name}"]`);
  }

  get chosen(): Locator {
    return this.page.locator('[data-testid=vm-item][aria-selected=true]');
  }

  tag(name: string): Locator {
    return this.page.getByRole('group', { name: 'Filter by tag' }).getByRole('button', { name, exact: true });
  }

  async isState(name: string, state: string): Promise<void> {
    await expect(this.item(name)).toHaveAttribute('data-state', state);
  }

  async search(text: string): Promise<void> {
    await this.page.getByLabel('Search VMs').fill(text);
  }

  /** Opens the menu of the row that has the focus, as a person without a mouse does. */
  async menuByKey(name: string): Promise<void> {
    await this.page.keyboard.press('Shift+F10');
    await this.page.getByRole('menuitem', { name, exact: true }).press('Enter');
  }

  /** Makes a VM through the dialog without launching it. */
  async createStopped(page: Page, name: string): Promise<void> {
    await page.getByRole('button', { name: 'New VM' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New VM' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Launch it right away').press('Space');
    await dialog.getByRole('button', { name: 'Create VM' }).click();
    await expect(dialog).toBeHidden();
    await this.isState(name, 'stopped');
  }

  /** What main answers to a page that asks for a launch without having asked whether there is room. */
  async launchBehindThePage(page: Page, name: string): Promise<unknown> {
    const vmId = (await this.item(name).getAttribute('data-vm-id')) ?? '';
    return page.evaluate(
      (id) =>
        (window as unknown as { terrarium: { call(name: string, args: unknown): Promise<unknown> } }).terrarium.call(
          'vm.launch',
          { vmId: id, from: { kind: 'head' } },
        ),
      vmId,
    );
  }

  async sparkline(name: string): Promise<string> {
    return (await this.item(name).locator('path').first().getAttribute('d')) ?? '';
  }

  /** Whether the guest was busy for most of a second. */
  async isSparklineHigh(name: string): Promise<boolean> {
    const heights = [...(await this.sparkline(name)).matchAll(/ (\d\.\d+)/g)].map(([, y]) => 1 - Number(y));
    return heights.some((height) => height > 0.6);
  }

  async thumbnailIsDrawn(name: string): Promise<boolean> {
    return (await this.item(name).locator('canvas').getAttribute('data-drawn')) === 'true';
  }

  /** The files of VMs in a data folder. */
  async recordsOf(home: string): Promise<readonly string[]> {
    return (await readdir(path.join(home, 'vms'))).filter((file) => file.endsWith('.json'));
  }
}
