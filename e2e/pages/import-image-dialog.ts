import type { Locator, Page } from '@playwright/test';

/** The dialog that makes an image out of a file. */
export class ImportImageDialog {
  readonly dialog: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('dialog', { name: /^(New image from file|从文件新建镜像)$/ });
  }

  get name(): Locator {
    return this.dialog.getByLabel('Name');
  }

  get memory(): Locator {
    return this.dialog.getByLabel('Memory');
  }

  get problem(): Locator {
    return this.dialog.getByRole('alert');
  }

  get notes(): Locator {
    return this.dialog.getByRole('list', { name: 'What to know about it' }).getByRole('listitem');
  }

  button(name: string): Locator {
    return this.dialog.getByRole('button', { name });
  }
}
