import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';

test('from the first start to a VM that is where it was left', async ({ emptyHome, hostFolder, launch }) => {
  test.setTimeout(300_000);

  // First run: the image is built before the person's eyes and a VM runs at the end.
  let app = await launch(emptyHome);
  await expect(app.page.getByTestId('welcome')).toBeVisible();
  await expect(app.page.getByTestId('progress')).toBeVisible();
  await expect(app.vmItem('first')).toHaveAttribute('data-state', 'running', { timeout: 180_000 });
  let first = await app.select('first');
  await first.shows('~ #');
  await first.run('uname -a', /Linux \S+ 6\.\d+\.\d+.* i686/);

  // A file goes in, is seen and changed there, and comes out equal.
  const sent = path.join(hostFolder, 'letter.txt');
  await writeFile(sent, 'dear guest\n');
  await first.importFiles([sent]);
  await expect(app.toasts.filter({ hasText: 'letter.txt' })).toBeVisible();
  await first.run('cat letter.txt', /cat letter\.txt\ndear guest/);
  await first.run('echo "dear host" >> letter.txt; wc -c letter.txt', '21 letter.txt');
  const received = path.join(hostFolder, 'answer.txt');
  await first.exportFile('letter.txt', received);
  await expect.poll(() => readFile(received, 'utf8').catch(() => '')).toBe('dear guest\ndear host\n');

  // What is removed after a snapshot is back after restoring it.
  await first.takeSnapshot('a');
  await first.run('rm letter.txt; ls letter.txt', 'No such file or directory');
  await first.restore('a');
  await first.run('cat letter.txt; echo still""here', /dear host\nstillhere/);

  // A fork runs beside its origin, and they differ.
  const second = await first.fork('a', 'second');
  await second.run('echo from-the-fork > letter.txt; cat letter.txt', /^from-the-fork/m);
  await app.select('first');
  await first.isState('running');
  await second.isState('running');
  await first.run('cat letter.txt; echo check""ed', /dear guest\ndear host\nchecked/);

  // Quitting suspends; the next start offers both as they were, the screen included.
  await first.run('echo remember-$((40 + 2))', 'remember-42');
  await app.quit();
  app = await launch(emptyHome);
  await expect(app.vmItem('first')).toHaveAttribute('data-state', 'stopped');
  await expect(app.vmItem('second')).toHaveAttribute('data-state', 'stopped');
  first = await app.select('first');
  await first.action('Launch').click();
  await first.isState('running');
  await first.shows('remember-42');
  // The shell is the same one: its history is in its memory.
  await first.run('history | tail -n 3', /echo remember-\$\(\(40 \+ 2\)\)[\s\S]*echo remember/);
});
