import { expect, test } from '../fixtures/test.ts';
import { TerminalView } from '../pages/terminal-view.ts';

test('settings of terminals show at once', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('looks');
  await machine.shows('~ #');
  const view = new TerminalView(app);
  const before = await machine.size();
  await view.set({ terminalFontSize: 24, terminalLineHeight: 1.6 });
  await expect.poll(async () => (await machine.size()).columns).toBeLessThan(before.columns * 0.7);
  expect((await machine.size()).rows).toBeLessThan(before.rows * 0.6);
  // The guest hears of it.
  await expect
    .poll(async () => {
      await machine.type('stty size\n');
      const { rows, columns } = await machine.size();
      return (await machine.text()).includes(`\n${rows} ${columns}\n`);
    })
    .toBe(true);
  await view.set({ theme: 'dark', terminalScheme: 'dracula' });
  await expect.poll(() => view.background()).toBe('rgb(40, 42, 54)');
  await view.set({ theme: 'light' });
  await expect.poll(() => view.background()).toBe('rgb(255, 251, 235)');
  await view.set({ terminalScheme: 'high-contrast' });
  await expect.poll(() => view.background()).toBe('rgb(255, 255, 255)');
  // Screen readers get the text as text.
  await view.set({ terminalScreenReader: true });
  await machine.run('echo read""able', /^readable/m);
  await expect(machine.terminal().locator('.xterm-accessibility-tree')).toContainText('readable');
});

test('text is found, counted and walked through by keyboard', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('finder');
  await machine.run('clear; echo "Apple apple pineapple"; echo "banana 42"; echo do""ne', /^done/m);
  const view = new TerminalView(app);
  await app.page.keyboard.press('Control+Shift+F');
  await expect(view.findField).toBeFocused();
  await app.page.keyboard.type('apple');
  await expect(view.findCount).toHaveText(/^\d of 3$/);
  const first = await view.findCount.textContent();
  await app.page.keyboard.press('Enter');
  await expect(view.findCount).not.toHaveText(first ?? '');
  await app.page.keyboard.press('Shift+Enter');
  await expect(view.findCount).toHaveText(first ?? '');
  await view.findOption('Match case').press('Enter');
  await expect(view.findCount).toHaveText(/of 2$/);
  await view.findOption('Whole word').press('Enter');
  await expect(view.findCount).toHaveText(/of 1$/);
  await view.findOption('Match case').press('Enter');
  await view.findOption('Whole word').press('Enter');
  await view.findOption('Regular expression').press('Enter');
  await view.findField.fill('[0-9]{2}$');
  await expect(view.findCount).toHaveText(/of 1$/);
  await view.findField.fill('(ba');
  await expect(view.findProblem).toHaveText('This is no complete regular expression.');
  await view.findField.fill('(a+)+');
  await expect(view.findProblem).toContainText('could take for ever');
  await view.findField.fill('nowhere');
  await expect(view.findCount).toHaveText('none');
  await view.findField.press('Escape');
  await expect(view.findField).toBeHidden();
  await machine.run('echo on""ward', /^onward/m);
});

test('links say where they lead, and open with Control', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('linked');
  const view = new TerminalView(app);
  const opened = await view.recordOpened();
  await machine.run(
    String.raw`printf '\033[2J\033[H'; printf 'https://example.org/plain\n\033]8;;https://example.org/hidden\033\\text\033]8;;\033\\\n'; printf '\033]8;;file:///etc/passwd\033\\local\033]8;;\033\\\n'`,
    /^local/m,
  );
  await view.point(3, 0);
  await expect(view.linkHint).toContainText('https://example.org/plain');
  await expect(view.linkHint).toContainText('Ctrl-click to open');
  await view.point(1, 1);
  await expect(view.linkHint).toContainText('https://example.org/hidden');
  await view.click(1, 1);
  await view.click(1, 1, 'Control');
  await expect.poll(opened).toEqual(['https://example.org/hidden']);
  await view.point(1, 2);
  await expect(view.linkHint).toContainText('Only web and mail addresses');
  await view.click(1, 2, 'Control');
  await view.click(3, 0, 'Control');
  await expect.poll(opened).toEqual(['https://example.org/hidden', 'https://example.org/plain']);
});

test('several lines are pasted only after a question, and control characters never', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('pasted');
  await machine.shows('~ #');
  const dialog = app.page.getByRole('dialog');
  await machine.paste('echo fir""st\necho sec""ond\necho thi""rd\n');
  await expect(dialog).toContainText('Paste 3 lines?');
  await expect(dialog).toContainText('echo sec""ond');
  await app.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await machine.run('echo no""thing', /^nothing/m);
  expect(await machine.text()).not.toMatch(/^first/m);
  await machine.paste('echo fir""st\necho sec""ond\n');
  await machine.confirmPaste();
  await machine.shows(/^first[^]*^second/m);
  // A program that takes pastes whole is not asked about, and nothing in the text can end its brackets.
  await machine.run(String.raw`stty -echo; printf '\033[?2004h'; echo re""ady; od -An -c`, /^ready/m);
  await machine.paste('a\u001b[201~b\nc');
  await machine.press('Enter');
  await machine.press('Control+d');
  await machine.shows(/033\s+\[\s+2\s+0\s+0\s+~\s+a\s+\[\s+2\s+0\s+1\s+~\s+b\s+\\n\s+c\s+033\s+\[\s+2\s+0\s+1\s+~/);
  await expect(dialog).toBeHidden();
  await machine.run(String.raw`stty echo; printf '\033[?2004l'; echo o""ff`, /off\s*$/m);
  // Whoever does not want to be asked says so.
  await machine.paste('echo th""ree\necho fo""ur\n');
  await dialog.getByText('Do not ask again').click();
  await dialog.getByRole('button', { name: 'Paste' }).click();
  await machine.shows(/^four/m);
  await machine.paste('echo fi""ve\necho si""x\n');
  await machine.shows(/^six/m);
});

test('a guest gets to the clipboard only with leave, and never reads it', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('copier');
  await machine.shows('~ #');
  const view = new TerminalView(app);
  await view.writeClipboard('mine');
  const copy = (text: string): Promise<void> =>
    machine.type(`printf '\\033]52;c;%s\\a' "$(printf ${text} | base64)"\n`);
  await copy('theirs');
  await expect(view.clipboardQuestion).toContainText('“copier” wants to put 6 characters on your clipboard');
  await expect(view.clipboardQuestion).toContainText('theirs');
  expect(await view.readClipboard()).toBe('mine');
  await view.clipboardQuestion.getByRole('button', { name: 'Allow once' }).click();
  await expect.poll(() => view.readClipboard()).toBe('theirs');
  await copy('again');
  await expect(view.clipboardQuestion).toContainText('again');
  await view.clipboardQuestion.getByRole('button', { name: 'Allow while it runs' }).click();
  await expect.poll(() => view.readClipboard()).toBe('again');
  await machine.terminal().locator('textarea').focus();
  await copy('freely');
  await expect.poll(() => view.readClipboard()).toBe('freely');
  await expect(view.clipboardQuestion).toBeHidden();
  await machine.run(`printf '\\033]52;c;?\\a'; read -t 2 -n 1 x; echo "heard=[$x]"`, /^heard=\[\]/m);
  await view.set({ guestClipboard: 'deny' });
  await copy('denied');
  await machine.run('echo af""ter', /^after/m);
  expect(await view.readClipboard()).toBe('freely');
});

test('what is selected is copied where that is wanted', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('selector');
  await machine.run('clear; echo word""wise', /^wordwise/m);
  const view = new TerminalView(app);
  await view.writeClipboard('before');
  await view.set({ copyOnSelect: true });
  const row = (await machine.text()).split('\n').indexOf('wordwise');
  await view.doubleClick(2, row);
  await expect.poll(() => view.readClipboard()).toBe('wordwise');
});

test('the bell is seen', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('bells');
  await machine.shows('~ #');
  const view = new TerminalView(app);
  const rings = await view.countRings();
  await machine.type("printf '\\a'\n");
  await expect.poll(rings).toBe(1);
  await view.set({ bell: 'none' });
  await machine.run('printf \'\\a\'; echo qui""et', /^quiet/m);
  expect(await rings()).toBe(1);
});

test('wide characters, marks and emoji take the room they should', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('wide');
  await machine.shows('~ #');
  const view = new TerminalView(app);
  // As bytes, so that the shell's line editor has no say in it.
  const cases = [
    { text: 'abc', columns: 3 },
    { text: '漢字', columns: 4 },
    { text: 'e\u0301', columns: 1 },
    { text: '👍🏽', columns: 2 },
    { text: '👨‍👩‍👧', columns: 2 },
    { text: '🇩🇪', columns: 2 },
    { text: '한', columns: 2 },
  ];
  for (const { text, columns } of cases) {
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(
      '',
    );
    await machine.type(`printf '\\033[2J\\033[H${bytes}'; read x\n`);
    await expect.poll(() => view.cursorColumn(), text).toBe(columns);
    await machine.press('Enter');
  }
});

test('a flood leaves other terminals live, is stopped at once, and loses nothing', async ({ home, launch }) => {
  const app = await launch(home);
  const calm = await app.createVm('calm');
  await calm.shows('~ #');
  const machine = await app.createVm('torrent');
  await machine.shows('~ #');
  await machine.type('yes "a line of the flood that has no end"\n');
  await machine.shows(/(a line of the flood that has no end\n){20}/);
  await app.select('calm');
  await calm.run('echo still h""ere', /^still here/m);
  await app.select('torrent');
  await machine.press('Control+c');
  await machine.run('echo stop""ped', /^stopped/m);
  // Behind another VM nothing is drawn, and nothing is lost.
  await machine.type('seq 1 20000\n');
  await app.select('calm');
  await calm.run('echo and h""ere', /^and here/m);
  await app.select('torrent');
  await machine.shows(/^20000\n~ #/m);
  const numbers = (await machine.text()).split('\n').filter((line) => /^\d+$/.test(line));
  expect(numbers.length).toBeGreaterThan(1900);
  expect(numbers).toEqual(numbers.map((_, index) => String(20_001 - numbers.length + index)));
});
