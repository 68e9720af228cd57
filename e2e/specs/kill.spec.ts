import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';

/** Numbers that only look random, so that a failure can be repeated. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const KILLS = 20;

test('kill -9 while a snapshot is written loses at most that snapshot', async ({ home, launch }) => {
  test.setTimeout(900_000);
  const random = seededRandom(20260);
  const acknowledged: string[] = [];

  const app = await launch(home);
  await app.createVm('victim');
  await app.quit();

  for (let round = 1; round <= KILLS; round += 1) {
    const running = await launch(home);
    const machine = await running.select('victim');
    await machine.action('Launch').click();
    await machine.isState('running');
    // Something of its own in each snapshot, to recognise it by.
    await machine.run(`echo round-${round} > /root/mark; cat /root/mark`, new RegExp(`^round-${round}`, 'm'));
    const name = `s${round}`;
    await machine.takeSnapshot(name);
    acknowledged.push(name);
    // A second one is under way when the app dies; whether it exists afterwards is open.
    await machine.action('Snapshot').click();
    await running.page.getByLabel('Snapshot name').fill(`torn${round}`);
    await running.page.getByRole('button', { name: 'Take snapshot' }).click();
    await new Promise((resolve) => setTimeout(resolve, random() * 250));
    await running.kill();
  }

  const after = await launch(home);
  const machine = await after.select('victim');
  expect((await readdir(path.join(home, 'states'))).filter((name) => name.startsWith('.new-'))).toEqual([]);
  await expect(after.page.getByTestId('problems')).toBeHidden();
  for (const [index, name] of acknowledged.entries()) {
    await expect(machine.snapshot(name)).toBeVisible();
    await machine.restore(name);
    await machine.run('cat /root/mark', new RegExp(`^round-${index + 1}$`, 'm'));
  }
});
