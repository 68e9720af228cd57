import type { Locator, Page } from '@playwright/test';

/** The catalogue of images. What it shows of one image has another title. */
export class ImagesDialog {
  readonly dialog: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('dialog');
  }

  get rows(): Locator {
    return this.dialog.getByRole('list', { name: /^(Images|镜像)$/ }).getByRole('listitem');
  }

  /** That of an image or recipe, by its title. */
  row(name: string): Locator {
    return this.rows.filter({
      has: this.dialog
        .page()
        .getByRole('heading', { name: new RegExp(`^${name} (Installed|Not installed|已安装|未安装)`) }),
    });
  }

  button(name: string): Locator {
    return this.dialog.getByRole('button', { name, exact: true });
  }

  title(name: string): Locator {
    return this.dialog.getByRole('heading', { level: 2, name });
  }
}
