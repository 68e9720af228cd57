import type { Locator, Page } from '@playwright/test';

/** The settings page. */
export class SettingsPage {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get dialog(): Locator {
    return this.page.getByTestId('settings');
  }

  get search(): Locator {
    return this.dialog.getByRole('search').getByRole('textbox');
  }

  row(setting: string): Locator {
    return this.dialog.locator(`[data-setting="${setting}"]`);
  }

  keys(command: string): Locator {
    return this.dialog.locator(`[data-command="${command}"]`);
  }

  async open(): Promise<void> {
    await this.page.keyboard.press('Control+Comma');
    await this.dialog.waitFor();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole('button', { name: /^(Done|完成)$/ }).click();
    await this.dialog.waitFor({ state: 'hidden' });
  }
}
