import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LibraryProcess } from '../../../scripts/test-library-process.ts';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import type { StateId } from '../../shared/model/ids.ts';
import { machineConfig } from '../../shared/model/machine-config.ts';
import { Library } from '../library.ts';
import { addTestImage } from '../test-image.fixture.ts';

const KILLS = 8;
/** Longer than an import takes, so that some kills come after it. */
const KILL_WITHIN_MS = 400;

const open = (home: string): ReturnType<typeof Library.open> =>
  Library.open(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });

describe('kill -9 while a bundle is imported', () => {
  let folder = '';
  let file = '';
  const content = new Map<StateId, Buffer>();
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-kill-'));
    file = path.join(folder, 'x.terrarium');
    const { library } = await open(path.join(folder, 'source'));
    const config = machineConfig(await addTestImage(library, 'tiny', 'tiny-1'));
    const bytes = randomBytes(4 * STATE_PIECE_BYTES);
    let parent: StateId | null = null;
    for (const name of ['a', 'b', 'c']) {
      randomBytes(STATE_PIECE_BYTES / 2).copy(bytes);
      const request = { vmId: null, vmName: 'x', kind: 'snapshot', content: 'full', name, config, parent } as const;
      const writer = await library.saveState(request);
      for (let at = 0; at < bytes.byteLength; at += STATE_PIECE_BYTES) {
        await writer.write(new Uint8Array(bytes.subarray(at, at + STATE_PIECE_BYTES)));
      }
      parent = (await writer.commit()).id;
      content.set(parent, Buffer.from(bytes));
    }
    await library.exportBundle({ snapshots: [...content.keys()], withImage: true, since: null, path: file });
    await library.close();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it(`leaves garbage or all of it, ${KILLS} times at random moments`, async () => {
    const outcomes = new Set<number>();
    for (let round = 0; round < KILLS; round += 1) {
      const home = path.join(folder, `home-${round}`);
      const script = `say('ready'); await library.importBundle({ path: ${JSON.stringify(file)} }); say('done'); await heard();`;
      const child = new LibraryProcess(home, script);
      expect(await child.says()).toBe('ready');
      const done = child.says().then(
        () => true,
        () => false,
      );
      // Spread over an import; the first comes when it has hardly begun, the last when it is over.
      if (round === KILLS - 1) await done;
      else await new Promise((resolve) => setTimeout(resolve, (round / KILLS) * KILL_WITHIN_MS));
      await child.kill();
      outcomes.add(await check(home, await done));
    }
    // Otherwise all kills came too early, or too late.
    expect(outcomes).toContain(content.size);
    expect(outcomes.size).toBeGreaterThan(1);
  });

  /** @returns how many snapshots there are */
  async function check(home: string, isAcknowledged: boolean): Promise<number> {
    const { library, report } = await open(home);
    expect(report.problems).toEqual([]);
    const found = await library.snapshots();
    if (isAcknowledged) expect(found).toHaveLength(content.size);
    const images = (await library.images.list()).manifests;
    for (const { parent, config } of found) {
      expect(images.map(({ id }) => id)).toContain(config.imageId);
      if (parent !== null) expect(found.map(({ id }) => id)).toContain(parent);
    }
    // What was half written is in nobody's way, and goes.
    await library.importBundle({ path: file });
    for (const [id, bytes] of content) {
      const pieces: Uint8Array[] = [];
      for await (const piece of library.states.read(await library.states.get(id))) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    }
    await library.collectGarbage({ dryRun: false });
    expect(await library.verify()).toMatchObject({ stateCount: content.size + 1, imageCount: 1, damage: [] });
    await library.close();
    const names = await readdir(home, { recursive: true });
    expect(names.filter((name) => name.includes('.new-'))).toEqual([]);
    return found.length;
  }
});
