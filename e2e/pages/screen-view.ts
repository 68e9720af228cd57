import { expect, type Locator, type Page } from '@playwright/test';

/** A VM's display as a tab. */
export class ScreenView {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What has the keyboard while the guest gets it. */
  get stage(): Locator {
    return this.page.getByTestId('screen');
  }

  get tab(): Locator {
    return this.page.getByRole('tab', { name: /^(Screen|屏幕)$/ });
  }

  get canvas(): Locator {
    return this.stage.locator('canvas');
  }

  button(name: string): Locator {
    return this.page.getByTestId('pane').getByRole('button', { name });
  }

  /** The text that screen readers read. */
  get text(): Locator {
    return this.page.getByTestId('screen-text');
  }

  async shows(text: string | RegExp): Promise<void> {
    await expect(this.text).toContainText(text);
  }

  /** What a person would see: how many pixels are not as dark as the background. */
  brightPixels(): Promise<number> {
    return this.canvas.evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return data.filter((value, at) => at % 4 === 0 && value > 100).length;
    });
  }
}
