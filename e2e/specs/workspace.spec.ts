import { expect, test } from '../fixtures/test.ts';
import { CommandPalette } from '../pages/command-palette.ts';

test.describe('tabs and panes', () => {
  test('split, move between panes and close them, all by keyboard', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    const machine = await app.createVm('panes');
    await machine.run('echo left-$((40+2))', 'left-42');
    await page.keyboard.press('Control+Shift+D');
    const panes = page.getByTestId('pane');
    await expect(panes).toHaveCount(2);
    await expect(panes.nth(1)).toHaveAttribute('data-focused', 'true');
    await expect(panes.nth(1).locator('textarea')).toBeFocused();
    await page.keyboard.type('echo right-$((40+3))\n');
    const text = (index: number): Promise<string> =>
      panes
        .nth(index)
        .getByTestId('terminal')
        .evaluate((element) => {
          const event = new CustomEvent('terrarium:read-text', { detail: { text: '' } });
          element.dispatchEvent(event);
          return event.detail.text;
        });
    await expect.poll(() => text(1)).toContain('right-43');
    expect(await text(0)).not.toContain('right-43');
    await page.keyboard.press('Control+Alt+Shift+D');
    await expect(panes).toHaveCount(3);
    await page.keyboard.press('Alt+Shift+ArrowLeft');
    await expect(panes.nth(0)).toHaveAttribute('data-focused', 'true');
    await page.keyboard.press('Control+Shift+Enter');
    await expect(panes).toHaveCount(1);
    await page.keyboard.press('Control+Shift+Enter');
    await expect(panes).toHaveCount(3);
    await page.keyboard.press('Control+Shift+W');
    await expect(panes).toHaveCount(2);
    await expect(page.getByRole('tab')).toHaveCount(1);
  });

  test('a fourth terminal is a shell of its own, which says when its machine ended', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    const machine = await app.createVm('shells');
    await machine.shows('#');
    for (let count = 0; count < 3; count += 1) await page.keyboard.press('Control+Shift+T');
    await expect(page.getByRole('tab', { name: 'Shell 1' })).toHaveAttribute('aria-selected', 'true');
    await machine.shows('~ #');
    await machine.run('tty; echo on-$((1+1))', 'on-2');
    expect(await machine.text()).toContain('/dev/pts/');
    await machine.takeSnapshot('before');
    await machine.restore('before');
    await machine.shows('The shell ended with the machine it ran in. Press Enter to start a new one.');
    await machine.shows('on-2');
    await machine.press('Enter');
    await machine.run('echo again-$((2+2))', 'again-4');
    await machine.run('exit 3', 'exit code 3');
  });

  test('a terminal is duplicated in its folder, from the palette', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    const palette = new CommandPalette(page);
    const machine = await app.createVm('twice');
    await machine.run('mkdir "/tmp/a b"; cd "/tmp/a b"; echo in-$((1+1))', 'in-2');
    for (const shell of ['Shell 1', 'Shell 2']) {
      await palette.run('duplicate terminal', 'Duplicate terminal');
      await expect(page.getByRole('tab', { name: shell })).toHaveAttribute('aria-selected', 'true');
      await machine.run('echo "at-$(pwd)-$((2+2))"', 'at-/tmp/a b-4');
    }
  });

  test('tabs are renamed, moved and closed from the keyboard, and come back after a restart', async ({
    launch,
    home,
  }) => {
    const app = await launch(home);
    const { page } = app;
    await app.createVm('tabs');
    await page.keyboard.press('Control+Shift+T');
    await expect(page.getByRole('tab')).toHaveCount(2);
    await expect(page.getByTestId('pane').locator('textarea')).toBeFocused();
    await page.keyboard.press('Control+Shift+E');
    await expect(page.getByRole('tab', { name: 'Terminal 2' })).toBeFocused();
    await page.keyboard.press('F2');
    await page.getByLabel('Tab name').fill('logs');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('tab', { name: 'logs' })).toBeVisible();
    await page.keyboard.press('Control+Shift+PageUp');
    await expect(page.getByRole('tab').nth(0)).toHaveText('logs');
    await page.keyboard.press('Control+Shift+D');
    await expect(page.getByTestId('pane')).toHaveCount(2);
    await app.quit();
    const again = await launch(home);
    const machine = await again.select('tabs');
    await machine.action('Launch').click();
    await machine.isState('running');
    await expect(again.page.getByRole('tab').nth(0)).toHaveText('logs');
    await expect(again.page.getByTestId('pane')).toHaveCount(2);
    await again.page.keyboard.press('Alt+2');
    await expect(again.page.getByRole('tab', { name: 'Terminal 1' })).toHaveAttribute('aria-selected', 'true');
  });

  test('what is typed can go to every pane of a tab', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    await app.createVm('all');
    await page.keyboard.press('Control+Shift+D');
    const panes = page.getByTestId('pane');
    await expect(panes).toHaveCount(2);
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('type into all');
    await page.keyboard.press('Enter');
    await expect(page.getByText('typing into all').first()).toBeVisible();
    await panes.nth(1).locator('textarea').focus();
    await page.keyboard.type('echo both-$((3+4))\n');
    for (const index of [0, 1]) {
      await expect
        .poll(() =>
          panes
            .nth(index)
            .getByTestId('terminal')
            .evaluate((element) => {
              const event = new CustomEvent('terrarium:read-text', { detail: { text: '' } });
              element.dispatchEvent(event);
              return event.detail.text;
            }),
        )
        .toContain('both-7');
    }
  });

  test('a terminal of another VM stands beside this one, and stays when it is closed', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    const other = await app.createVm('other');
    await other.shows('#');
    const machine = await app.createVm('here');
    await machine.shows('#');
    await page.keyboard.press('Control+Shift+P');
    await page.keyboard.type('terminal of another');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Show a terminal of another VM' });
    await expect(dialog.getByRole('radio', { name: 'other' })).toBeChecked();
    await dialog.getByRole('radio', { name: 'other' }).focus();
    await page.keyboard.press('Enter');
    const pane = page.getByRole('region', { name: 'other: Terminal 1' });
    await expect(pane.locator('textarea')).toBeFocused();
    await page.keyboard.type('echo over-$((5+5))\n');
    await page.keyboard.press('Control+Shift+W');
    await expect(pane).toBeHidden();
    await app.select('other');
    await other.shows('over-10');
  });

  test('tabs of several VMs stand together, are moved by keyboard and mouse, and keep what they showed', async ({
    launch,
    home,
  }) => {
    const app = await launch(home);
    const { page } = app;
    const palette = new CommandPalette(page);
    const other = await app.createVm('other');
    await other.shows('#');
    const machine = await app.createVm('here');
    await machine.shows('#');
    const tabs = page.getByRole('tab');
    const open = async (): Promise<void> => {
      await palette.run('tab of another', 'Open a tab of another VM');
      await page.getByRole('dialog', { name: 'Open a tab of another VM' }).getByRole('radio').focus();
      await page.keyboard.press('Enter');
    };
    for (let count = 0; count < 4; count += 1) {
      await open();
      await expect(tabs).toHaveCount(count + 2);
    }
    const shell = page.getByRole('tab', { name: 'other: Shell 1' });
    await expect(shell).toHaveAttribute('aria-selected', 'true');
    await machine.run('echo far-$((20+2)); cd /tmp', 'far-22');

    // Moved by keyboard, it is shown among the other's; what runs in it goes on.
    await palette.run('move tab to another', 'Move tab to another VM');
    await page.getByRole('dialog').getByRole('radio').focus();
    await page.keyboard.press('Enter');
    await expect(app.vmItem('other')).toHaveAttribute('aria-current', 'true');
    await expect(page.getByRole('tab', { name: 'Shell 1' })).toHaveAttribute('aria-selected', 'true');
    await expect(tabs).toHaveCount(2);
    await other.shows('far-22');
    await other.run('pwd', '/tmp');

    // Dragged to the list, it is back.
    await page.getByRole('tab', { name: 'Shell 1' }).dragTo(app.vmItem('here'));
    await expect(app.vmItem('here')).toHaveAttribute('aria-current', 'true');
    await expect(shell).toHaveAttribute('aria-selected', 'true');
    await machine.run('echo still-$((30+3))', 'still-33');

    // A pane gets a tab of its own.
    await page.keyboard.press('Control+Shift+D');
    await expect(page.getByTestId('pane')).toHaveCount(2);
    await palette.run('move pane', 'Move pane to a tab of its own');
    await expect(page.getByTestId('pane')).toHaveCount(1);
    await expect(tabs).toHaveCount(6);

    await shell.click();
    await app.quit();
    const again = await launch(home);
    const back = await again.select('here');
    await back.action('Launch').click();
    await back.isState('running');
    await expect(again.page.getByRole('tab', { name: 'other: Shell 1' })).toHaveAttribute('aria-selected', 'true');
    // The other VM is not launched for it, unless a person wants that.
    await again.page.getByRole('button', { name: 'Launch other' }).click();
    await back.shows('still-33');
  });

  test('the row of tabs keeps the keyboard while tabs are closed', async ({ launch, home }) => {
    const app = await launch(home);
    const { page } = app;
    const machine = await app.createVm('row');
    await machine.shows('#');
    await page.keyboard.press('Control+Shift+T');
    await page.keyboard.press('Control+Shift+T');
    const tabs = page.getByRole('tab');
    await expect(tabs).toHaveCount(3);
    await page.keyboard.press('Control+Shift+E');
    await page.keyboard.press('Home');
    await expect(tabs.nth(0)).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(tabs).toHaveCount(2);
    await expect(page.getByRole('tab', { name: 'Terminal 2' })).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(page.getByRole('tab', { name: 'Terminal 3' })).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(page.getByText('No terminal is open')).toBeVisible();
    await expect(page.getByRole('button', { name: 'New terminal' })).toBeFocused();
    await page.keyboard.press('Enter');
    await machine.run('echo back-$((6+6))', 'back-12');
  });
});
