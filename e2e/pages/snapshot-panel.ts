import { expect, type Locator, type Page } from '@playwright/test';

type MenuTitle =
  | 'Fork as…'
  | 'Rename…'
  | 'Note and tags…'
  | 'Compare files with…'
  | 'Protect'
  | 'Lift protection'
  | 'Move up'
  | 'Export…'
  | 'Delete…';

/** The panel with the tree of snapshots. */
export class SnapshotPanel {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get root(): Locator {
    return this.page.getByTestId('snapshot-panel');
  }

  /** Every row, from top to bottom. */
  get items(): Locator {
    return this.root.getByTestId('snapshot-item');
  }

  item(name: string): Locator {
    return this.page.locator(`[data-testid=snapshot-item][data-name="${name}"]`);
  }

  /** What is drawn of the tree: each name with its level and how far to the right it stands. */
  async outline(): Promise<readonly string[]> {
    return this.items.evaluateAll((rows) =>
      rows.map(
        (row) => `${row.getAttribute('aria-level') ?? ''}/${row.dataset['column'] ?? ''} ${row.dataset['name'] ?? ''}`,
      ),
    );
  }

  /** Restores at once, as a press on the button does; what comes of it is the test's to see. */
  async restore(name: string): Promise<void> {
    await this.bringUp(name);
    await this.item(name)
      .getByRole('button', { name: `Restore ${name}`, exact: true })
      .click();
  }

  /** Rows far from those that show are empty until they come near. */
  private async bringUp(name: string): Promise<void> {
    await this.item(name).scrollIntoViewIfNeeded();
    await expect(this.item(name)).not.toBeEmpty();
  }

  /** Opens a row, so that its details show. */
  async select(name: string): Promise<Locator> {
    await this.bringUp(name);
    await this.item(name).getByText(name, { exact: true }).first().click();
    const details = this.item(name).getByTestId('snapshot-details');
    await expect(details).toBeVisible();
    return details;
  }

  async choose(name: string, title: MenuTitle): Promise<void> {
    await this.bringUp(name);
    await this.item(name)
      .getByRole('button', { name: `More for ${name}`, exact: true })
      .click();
    await this.page.getByRole('menuitem', { name: title, exact: true }).click();
  }

  async describe(name: string, { note, tags }: { note?: string; tags?: string }): Promise<void> {
    await this.choose(name, 'Note and tags…');
    const dialog = this.page.getByRole('dialog');
    if (note !== undefined) await dialog.getByLabel('Note').fill(note);
    if (tags !== undefined) await dialog.getByLabel('Tags').fill(tags);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toBeHidden();
  }

  get search(): Locator {
    return this.root.getByRole('textbox', { name: 'Search snapshots' });
  }

  get checkpoints(): Locator {
    return this.root.getByTestId('checkpoints');
  }

  get storage(): Locator {
    return this.root.getByTestId('storage');
  }
}
