import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';
import { FilesPanel } from '../pages/files-panel.ts';

test('a folder is browsed by keyboard alone: opened, sorted, typed to, renamed, deleted', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('files');
  await machine.run('mkdir -p a/deep b; echo hello > z.txt; seq 9999 > big; ln -s a link; echo rea""dy', 'ready');
  const files = new FilesPanel(app.page);
  await files.open();

  // Folders first, then by name; arrows, Home and End move.
  await expect.poll(() => files.names()).toEqual(['a', 'b', 'big', 'link', 'z.txt']);
  await files.isChosen('a');
  await app.page.keyboard.press('End');
  await files.isChosen('z.txt');
  await app.page.keyboard.press('Home');
  await app.page.keyboard.press('Shift+ArrowDown');
  await files.isChosen('a', 'b');

  // Enter goes into a folder, Backspace out of it again to where one was; a link to a folder is one, too.
  await app.page.keyboard.press('ArrowUp');
  await app.page.keyboard.press('Enter');
  await files.isAt('/root/a');
  await expect.poll(() => files.names()).toEqual(['deep']);
  await app.page.keyboard.press('Backspace');
  await files.isAt('/root');
  await files.isChosen('a');
  await app.page.keyboard.type('li');
  await files.isChosen('link');
  await app.page.keyboard.press('Enter');
  await files.isAt('/root/link');
  await app.page.keyboard.press('Backspace');
  await files.isAt('/root');

  // By size, the other way round.
  await files.sortBy('Size');
  await files.sortBy('Size');
  await expect.poll(async () => (await files.names())[2]).toBe('big');
  await files.sortBy('Name');

  // Space looks at a text; Escape closes it.
  await files.list.focus();
  await app.page.keyboard.press('End');
  await files.isChosen('z.txt');
  await app.page.keyboard.press('Space');
  await expect(app.page.getByTestId('quick-view')).toHaveAttribute('data-kind', 'text');
  await expect(app.page.getByTestId('quick-view').locator('pre')).toHaveText('hello');
  await app.page.keyboard.press('Escape');
  await expect(app.page.getByTestId('quick-view')).toBeHidden();

  // F2 renames, and refuses a name that is taken.
  await files.list.focus();
  await app.page.keyboard.press('F2');
  await app.page.getByLabel('Name', { exact: true }).fill('big');
  await app.page.keyboard.press('Enter');
  await expect(app.page.getByRole('dialog').getByRole('alert')).toHaveText(/There is a big already/);
  await app.page.getByLabel('Name', { exact: true }).fill('renamed.txt');
  await app.page.keyboard.press('Enter');
  await files.isChosen('renamed.txt');

  // The path goes to the clipboard.
  await files.list.focus();
  await app.page.keyboard.press('Control+C');
  await expect.poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText())).toBe('/root/renamed.txt');

  // Delete asks first; folders go with all they hold.
  await app.page.keyboard.press('Home');
  await app.page.keyboard.press('Delete');
  const question = app.page.getByRole('dialog', { name: 'Delete a?' });
  await expect(question).toBeVisible();
  await question.getByRole('button', { name: 'Delete' }).press('Enter');
  await expect(files.row('a')).toBeHidden();
  await machine.run('ls -1', /^b\nbig\nlink\nrenamed\.txt/m);

  // A typed path: a file is chosen in its folder; what is not there is said.
  await files.goTo('/etc/passwd');
  await files.isAt('/etc');
  await files.isChosen('passwd');
  await files.goTo('/nowhere');
  await expect(files.root.getByRole('alert')).toHaveText(/nowhere/);
});

test('files and folders come in by drop and go out, and nothing is replaced unasked', async ({
  home,
  hostFolder,
  launch,
}) => {
  const app = await launch(home);
  const machine = await app.createVm('exchange');
  const files = new FilesPanel(app.page);
  await files.open();

  const note = path.join(hostFolder, "it's a note.txt");
  await writeFile(note, 'first\n');
  await files.drop(files.list, [note]);
  await expect(files.row("it's a note.txt")).toBeVisible();
  await expect(files.transfer("it's a note.txt")).toHaveAttribute('data-phase', 'done');

  // Once more: both stay, unless the person says otherwise.
  await writeFile(note, 'second\n');
  await files.drop(files.list, [note]);
  const collision = app.page.getByRole('dialog', { name: "it's a note.txt is there already" });
  await expect(collision.getByRole('button', { name: 'Keep both' })).toBeFocused();
  await app.page.keyboard.press('Enter');
  await expect(files.row("it's a note 2.txt")).toBeVisible();
  await files.drop(files.list, [note]);
  await collision.getByRole('button', { name: 'Replace' }).press('Enter');
  await machine.run("cat it*note.txt; echo e''nd", /second\nend/);

  // A file dropped on a terminal is typed there by its guest path, quoted.
  const dropped = path.join(hostFolder, 'dropped here.txt');
  await writeFile(dropped, 'from the host\n');
  await machine.type('cat ');
  await files.drop(machine.terminal(), [dropped]);
  await machine.shows("cat '/root/dropped here.txt'");
  await app.page.keyboard.press('Enter');
  await machine.shows('from the host');

  // A whole folder, through the dialog, and out again as an archive.
  const tree = path.join(hostFolder, 'tree');
  await mkdir(path.join(tree, 'sub'), { recursive: true });
  await writeFile(path.join(tree, 'sub', 'leaf'), 'leaf\n');
  await app.answerOpenDialog([tree]);
  await files.root.getByRole('button', { name: 'More' }).click();
  await app.page.getByRole('menuitem', { name: 'Import folders here…' }).click();
  await expect(files.row('tree')).toBeVisible();
  await machine.run('cat tree/sub/leaf; echo e""nd', /leaf\nend/);
  const archive = path.join(hostFolder, 'out.tar');
  await app.answerSaveDialog(archive);
  await files.chooseMenu('tree', 'Save out…');
  await expect.poll(() => readFile(archive, 'latin1').catch(() => '')).toContain('./sub/leaf');

  // Several at once go into one folder of the host.
  const out = path.join(hostFolder, 'out');
  await mkdir(out);
  await app.answerOpenDialog([out]);
  await files.list.focus();
  await app.page.keyboard.press('Control+A');
  await files.row('dropped here.txt').click({ button: 'right' });
  await app.page.getByRole('menuitem', { name: 'Save out…' }).click();
  await expect
    .poll(async () => (await readdir(out)).sort())
    .toEqual(['dropped here.txt', "it's a note 2.txt", "it's a note.txt", 'tree.tar']);

  // The guest's checksum is that of the host.
  await files.row('dropped here.txt').click();
  await files.chooseMenu('dropped here.txt', 'SHA-256 checksum');
  const sum = createHash('sha256')
    .update(await readFile(dropped))
    .digest('hex');
  await expect(app.page.getByTestId('checksum')).toHaveText(sum);
});

test('a hostile guest shows nothing it should not, and a VM that does not run says why', async ({
  home,
  hostFolder,
  launch,
}) => {
  const app = await launch(home);
  const machine = await app.createVm('hostile');
  await machine.run(
    String.raw`mkdir t; cd t; touch "$(printf 'a\nb')" "$(printf 'x\342\200\256gpj.exe')"; mkfifo pipe; ln -s /nowhere lost; echo rea""dy`,
    'ready',
  );
  // A picture of one red point, and one that only begins like a picture.
  const png = path.join(hostFolder, 'dot.png');
  const bytes = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
    'base64',
  );
  await writeFile(png, bytes);
  await writeFile(path.join(hostFolder, 'broken.png'), bytes.subarray(0, 30));
  const files = new FilesPanel(app.page);
  await files.open();
  await files.goTo('t');
  await files.isAt('/root/t');
  await expect.poll(() => files.names()).toEqual(['a\u240ab', 'lost', 'pipe', 'x\ufffdgpj.exe']);
  await files.drop(files.list, [png, path.join(hostFolder, 'broken.png')]);
  await expect(files.row('dot.png')).toBeVisible();

  const view = app.page.getByTestId('quick-view');
  for (const [name, kind] of [
    ['pipe', 'special'],
    ['lost', 'failed'],
    ['dot.png', 'image'],
    ['broken.png', 'image'],
  ] as const) {
    await files.row(name).click();
    await app.page.keyboard.press('Enter');
    await expect(view).toHaveAttribute('data-kind', kind);
    if (name === 'dot.png') {
      await expect.poll(() => view.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
    }
    if (name === 'broken.png') await expect(view).toContainText('The picture is damaged');
    await app.page.keyboard.press('Escape');
    await expect(view).toBeHidden();
  }

  // A name of the guest's cannot leave the folder that was chosen on the host.
  const out = path.join(hostFolder, 'out');
  await mkdir(out);
  await app.answerOpenDialog([out]);
  await files.list.focus();
  await app.page.keyboard.press('Home');
  await app.page.keyboard.press('Control+A');
  await files.row('pipe').click({ modifiers: ['Control'] });
  await files.row('lost').click({ modifiers: ['Control'] });
  await files.row('dot.png').click({ button: 'right' });
  await app.page.getByRole('menuitem', { name: 'Save out…' }).click();
  await expect.poll(async () => (await readdir(out)).sort()).toEqual(['a_b', 'broken.png', 'dot.png', 'x_gpj.exe']);

  await machine.action('Pause').click();
  await machine.isState('paused');
  await expect(files.root).toContainText('hostile is not running');
  await files.root.getByRole('button', { name: 'Resume' }).press('Enter');
  await files.isAt('/root/t');
});

test('files are dragged out of the window, and onto a terminal as their paths', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('drag');
  await machine.run(
    String.raw`mkdir d; cd d; seq 5000 > numbers; printf 'x' > "$(printf 'x\342\200\256gpj.exe')"; echo a > 'a b'; mkdir sub; echo rea""dy`,
    'ready',
  );
  const files = new FilesPanel(app.page);
  await files.open();
  await files.goTo('d');
  await files.isAt('/root/d');
  await expect.poll(() => files.names()).toEqual(['sub', 'a b', 'numbers', 'x\ufffdgpj.exe']);
  const dragged = await app.recordDrags();
  const numbers = Array.from({ length: 5000 }, (_, index) => `${index + 1}\n`).join('');

  // Onto a terminal: its path is typed, quoted, and nothing is copied.
  await machine.type('cat ');
  await files.dragFrom('a b', machine.terminal());
  await expect(app.page.getByTestId('drag-label')).toContainText('Let go to type its path here');
  await app.page.mouse.up();
  await machine.shows("cat '/root/d/a b'");
  await app.page.keyboard.press('Enter');
  expect(await readdir(path.join(home, 'dragged')).catch(() => [])).toEqual([]);

  // Out of the window: the system is given a file of the host with the guest's bytes.
  await files.dragOut('numbers');
  await expect.poll(dragged).toHaveLength(1);
  const [first] = await dragged();
  expect(first?.files).toEqual([first?.file]);
  expect(first?.hasIcon).toBe(true);
  expect(path.basename(first?.file ?? '')).toBe('numbers');
  expect(await readFile(first?.file ?? '', 'utf8')).toBe(numbers);
  const folder = path.dirname(first?.file ?? '');
  expect(path.dirname(folder)).toBe(path.join(home, 'dragged'));
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(path.dirname(folder))).mode & 0o777).toBe(0o700);
  await app.page.mouse.up();

  // The selection goes together, and a hostile name stays in its folder.
  await files.row('numbers').click();
  await app.page.keyboard.press('Shift+End');
  await files.dragOut('numbers');
  await expect.poll(dragged).toHaveLength(2);
  const second = (await dragged())[1];
  expect(second?.files.map((file) => path.basename(file))).toEqual(['numbers', 'x_gpj.exe']);
  expect(new Set(second?.files.map((file) => path.dirname(path.dirname(file))))).toEqual(
    new Set([path.join(home, 'dragged')]),
  );
  await app.page.mouse.up();

  // A folder is refused in words; Escape takes a drag back.
  await files.row('a b').click();
  await files.dragOut('sub');
  await expect(app.toasts).toContainText('Only files can be dragged out');
  await app.page.mouse.up();
  await files.dragFrom('a b', machine.terminal());
  await app.page.keyboard.press('Escape');
  await expect(app.page.getByTestId('drag-label')).toBeHidden();
  await app.page.mouse.up();
  await expect(files.list).toBeFocused();
  expect(await dragged()).toHaveLength(2);

  await app.quit();
  expect(await readdir(home)).not.toContain('dragged');
});

test('a copy that comes after the mouse was let go waits for the next drag', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('late');
  await machine.run('yes terrarium | head -c 6000000 > big; touch -d 2020-01-01 big; echo rea""dy', 'ready');
  const files = new FilesPanel(app.page);
  await files.open();
  const dragged = await app.recordDrags();
  await files.dragOut('big');
  await app.page.mouse.up();
  await expect(app.toasts).toContainText('big is ready: drag it out again.');
  expect(await dragged()).toEqual([]);
  await expect(files.transfers).toHaveCount(1);
  await files.dragOut('big');
  await expect.poll(dragged).toHaveLength(1);
  await expect(files.transfers).toHaveCount(1);
  const [{ file } = { file: '' }] = await dragged();
  const expected = 'terrarium\n'.repeat(600_000);
  expect((await readFile(file, 'utf8')) === expected).toBe(true);

  // What a killed app leaves behind is gone after the next start.
  await app.kill();
  expect(await readdir(home)).toContain('dragged');
  await (await launch(home)).ready();
  expect(await readdir(home)).not.toContain('dragged');
});
