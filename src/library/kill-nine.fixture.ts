/**
 * What kill-nine.test.ts runs and kills: saves, deletes and cleans up without a break, and says what it begins and what
 * was acknowledged. Arguments: home, first seed, the built page worker or nothing.
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { StateId, VmId } from '../shared/model/ids.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import { Library } from './library.ts';
import { bytesOf, pagesOfSeed, piecesOf, seeded } from './pages.fixture.ts';

/** More would only take longer to look through after each kill. */
const SNAPSHOTS_MAX = 8;

const [home = '', firstSeed = '', pageWorker = ''] = process.argv.slice(2);
// At once: what is said has been acknowledged when the kill comes.
const say = (...words: readonly (string | number)[]): void => {
  writeSync(1, `${words.join(' ')}\n`);
};
const dependencies = { now: Date.now, randomBytes: (count: number) => randomBytes(count) };
const { library } = await Library.open(home, pageWorker === '' ? dependencies : { ...dependencies, pageWorker });
const [vm] = await library.listVms();
const [image] = (await library.images.list()).manifests;
if (!vm || !image) throw new Error('the library has neither VM nor image');
const config = machineConfig(image);
const snapshots: StateId[] = (await library.snapshots()).map(({ id }) => id);

async function save(kind: 'head' | 'snapshot', seed: number, vmId: VmId): Promise<void> {
  say('begin', kind);
  const writer = await library.saveState({ vmId, kind, content: 'full', name: `n${seed}`, config, parent: null });
  for (const piece of piecesOf(bytesOf(pagesOfSeed(seed)))) await writer.write(piece);
  const { id } = await writer.commit();
  if (kind === 'snapshot') snapshots.push(id);
  say('saved', kind, id, seed);
}

async function remove(which: number): Promise<void> {
  const [id] = snapshots.splice(which, 1);
  if (!id) return;
  say('begin', 'delete', id);
  await library.deleteSnapshot(id);
  say('deleted', id);
}

const random = seeded(Number(firstSeed));
say('ready');
for (let seed = Number(firstSeed); ; seed += 1) {
  const choice = random();
  if (snapshots.length >= SNAPSHOTS_MAX || choice < 0.25) await remove(Math.floor(random() * snapshots.length));
  else if (choice < 0.6) await save('snapshot', seed, vm.id);
  else if (choice < 0.75) await save('head', seed, vm.id);
  else {
    say('begin', 'collect');
    await library.collectGarbage({ dryRun: false });
    say('collected');
  }
}
