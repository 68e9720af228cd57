import { expect, type Locator, type Page } from '@playwright/test';

/** The panel that shows a VM's files. */
export class FilesPanel {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get root(): Locator {
    return this.page.getByTestId('files-panel');
  }

  get list(): Locator {
    return this.root.getByTestId('file-list');
  }

  /** Opens it by its keys; the list has the keyboard then. */
  async open(folder = '/root'): Promise<void> {
    await this.page.keyboard.press('Control+Shift+B');
    await this.isAt(folder);
    await expect(this.list).toBeFocused();
  }

  async isAt(folder: string): Promise<void> {
    await expect(this.list).toHaveAttribute('data-folder', folder);
    await expect(this.list).toHaveAttribute('aria-busy', 'false');
  }

  row(name: string): Locator {
    return this.root.locator(`[data-testid=file-row][data-name="${name}"]`);
  }

  /** What the rows say they are called, from top to bottom. */
  names(): Promise<readonly string[]> {
    return this.root.getByTestId('file-row').locator('bdi').allTextContents();
  }

  async isChosen(...names: readonly string[]): Promise<void> {
    await expect
      .poll(() =>
        this.root
          .locator('[data-testid=file-row][aria-selected=true]')
          .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['name'])),
      )
      .toEqual(names);
  }

  async goTo(path: string): Promise<void> {
    await this.root.getByRole('button', { name: 'Type a path' }).press('Enter');
    await this.root.getByRole('textbox', { name: 'Path of a folder or file' }).fill(path);
    await this.page.keyboard.press('Enter');
  }

  async sortBy(column: 'Name' | 'Size' | 'Modified' | 'Mode'): Promise<void> {
    await this.root.getByRole('button', { name: column, exact: true }).press('Enter');
  }

  async chooseMenu(name: string, item: string): Promise<void> {
    await this.row(name).click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Presses the mouse on a row and moves it onto something; the mouse stays down. */
  async dragFrom(name: string, onto: Locator): Promise<void> {
    await this.press(name);
    const to = await onto.boundingBox();
    if (to === null) throw new Error('nothing is shown to drag onto');
    await this.page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 4 });
  }

  /** Presses the mouse on a row and moves it over the window's left edge; the mouse stays down. */
  async dragOut(name: string): Promise<void> {
    await this.press(name);
    await this.page.mouse.move(200, 200, { steps: 3 });
    await this.page.mouse.move(-40, 200, { steps: 3 });
  }

  private async press(name: string): Promise<void> {
    await this.row(name).hover();
    await this.page.mouse.down();
  }

  get transfers(): Locator {
    return this.page.getByTestId('transfer');
  }

  transfer(name: string): Locator {
    return this.page.locator(`[data-testid=transfer][data-name="${name}"]`);
  }

  /** Drops files that lie on the host, as their manager of files does: with paths, which only the preload sees. */
  async drop(onto: Locator, paths: readonly string[]): Promise<void> {
    // A file input gets real files with paths; what it holds is what a drag would carry. One for all: Playwright lets
    // go of what it set files of only at its end.
    const input = await this.page.evaluateHandle(() => {
      const holder = window as Window & { dropSource?: HTMLInputElement };
      holder.dropSource ??= document.createElement('input');
      holder.dropSource.type = 'file';
      holder.dropSource.multiple = true;
      return holder.dropSource;
    });
    await input.setInputFiles([...paths]);
    await onto.evaluate((element, source) => {
      const dataTransfer = new DataTransfer();
      for (const file of source.files ?? []) dataTransfer.items.add(file);
      for (const type of ['dragenter', 'dragover', 'drop']) {
        element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }
    }, input);
    await input.dispose();
  }
}
