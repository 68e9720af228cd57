import { expect, type Locator, type Page } from '@playwright/test';

/** The palette, used by keyboard. */
export class CommandPalette {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog', { name: /^(Command palette|命令面板)$/ });
  }

  get options(): Locator {
    return this.dialog.getByRole('option');
  }

  /** What Enter would do. */
  get active(): Locator {
    return this.dialog.getByRole('option', { selected: true });
  }

  async open(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+P');
    await expect(this.dialog.getByRole('combobox')).toBeFocused();
  }

  /** Opens it, types, and does what comes first, which must have this in its title. */
  async run(query: string, title: string | RegExp): Promise<void> {
    await this.open();
    await this.page.keyboard.type(query);
    await expect(this.active).toContainText(title);
    await this.page.keyboard.press('Enter');
    await expect(this.dialog).toBeHidden();
  }
}
