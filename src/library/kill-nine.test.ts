import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VmId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { Library } from './library.ts';
import { bytesOf, pagesOfSeed, seeded } from './pages.fixture.ts';
import { StateFolder } from './pages/state-folder.ts';
import { readState } from './state-store.conformance.ts';
import { addTestImage } from './test-image.fixture.ts';

/** The release is killed 200 times (KILLS=200); a run of the tests has fewer. */
const KILLS = Number(process.env['KILLS'] ?? 40);
/** A child says so much, and is then killed within about the time of one step. */
const LINES_MAX = 12;
const KILL_WITHIN_MS = 60;
const PROJECT = path.resolve(import.meta.dirname, '..', '..');

/** What the killed process said last, and before. */
interface Account {
  readonly saved: readonly { readonly kind: string; readonly id: string; readonly seed: number }[];
  /** Also those whose deletion was begun and not acknowledged. */
  readonly doomed: ReadonlySet<string>;
  readonly deleted: readonly string[];
  /** What was under way. */
  readonly during: string;
}

describe('kill -9 while states are saved and deleted and the library is cleaned up', () => {
  let folder = '';
  let home = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-kill-'));
    home = path.join(folder, 'home');
    // Built once: a child then starts in a tenth of the time.
    await symlink(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'));
    await build({
      entryPoints: {
        child: path.join(import.meta.dirname, 'kill-nine.fixture.ts'),
        'page-worker': path.join(import.meta.dirname, 'pages', 'entry-thread.ts'),
      },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'warning',
      banner: {
        js: `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
      },
    });
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const open = (): ReturnType<typeof Library.open> =>
    Library.open(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });

  /** Runs the child and kills it some time after it has said so many lines. */
  async function runAndKill(round: number, afterLines: number, afterMs: number): Promise<Account> {
    // Half of them work on pages in a thread, as the app does.
    const worker = round % 2 === 0 ? [] : [path.join(folder, 'page-worker.mjs')];
    const child = spawn(process.execPath, [path.join(folder, 'child.mjs'), home, String(1000 * round), ...worker], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let problems = '';
    child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    const ended = once(child, 'exit');
    const lines: string[] = [];
    const reader = createInterface(child.stdout);
    reader.on('line', (line) => {
      lines.push(line);
      // The moment is random; that something is under way then is not.
      if (lines.length === afterLines) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    await once(reader, 'close');
    const [, signal] = (await ended) as [number | null, string | null];
    expect(signal, `round ${round}: ${problems}`).toBe('SIGKILL');
    return accountOf(lines);
  }

  it(`loses nothing that was acknowledged, ${KILLS} times`, { timeout: 120_000 + KILLS * 3000 }, async () => {
    const random = seeded(20260101);
    const { library } = await open();
    const image = await addTestImage(library, 'tiny', 'tiny-1');
    const { id: vmId } = await library.createVm({ name: 'killed', imageId: image.id, memoryMib: 64 });
    await library.close();

    const during = new Map<string, number>();
    let expected = new Set<string>();
    let savedInAll = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const account = await runAndKill(round, 1 + Math.floor(random() * LINES_MAX), random() * KILL_WITHIN_MS);
      during.set(account.during, (during.get(account.during) ?? 0) + 1);
      savedInAll += account.saved.length;
      for (const { kind, id } of account.saved) if (kind === 'snapshot') expected.add(id);
      for (const id of account.doomed) expected.delete(id);
      expected = await verify(`kill ${round} during ${account.during}`, account, expected, vmId);
    }
    // Otherwise the kills would all have come before anything happened, or during one thing.
    expect(savedInAll).toBeGreaterThan(KILLS);
    for (const what of ['snapshot', 'head', 'delete', 'collect']) {
      expect(during.get(what) ?? 0, what).toBeGreaterThan(KILLS / 30);
    }
  });

  /** @returns the snapshots there are */
  async function verify(
    when: string,
    account: Account,
    expected: ReadonlySet<string>,
    vmId: VmId,
  ): Promise<Set<string>> {
    const { library, report } = await open();
    expect(report.problems, when).toEqual([]);
    const { states, damaged } = await library.states.list();
    expect(damaged, when).toEqual([]);
    const snapshots = states.filter(({ kind }) => kind === 'snapshot');
    const listed = new Set<string>(states.map(({ id }) => id));
    for (const id of expected) expect(listed, `${when}: ${id}`).toContain(id);
    for (const id of account.deleted) expect(listed, `${when}: ${id}`).not.toContain(id);
    for (const manifest of snapshots) await expectContent(library, manifest, Number(manifest.name.slice(1)), when);

    // The newest head is the VM's, or one that was durable when the kill came before its acknowledgement.
    const { head } = await library.getVm(vmId);
    const newest = account.saved.findLast(({ kind }) => kind === 'head');
    if (newest) expect(head, when).not.toBeNull();
    if (head !== null) expect(listed, when).toContain(head);
    const own = states.find(({ id }) => id === head);
    if (own && head === newest?.id) await expectContent(library, own, newest.seed, when);

    expect((await library.verify()).damage, when).toEqual([]);
    await expectNoLeftovers(library, when);
    await library.close();
    return new Set(snapshots.map(({ id }) => id));
  }

  async function expectContent(library: Library, manifest: StateManifest, seed: number, when: string): Promise<void> {
    const bytes = await readState(library.states, manifest);
    expect(bytes.equals(bytesOf(pagesOfSeed(seed))), `${when}: ${manifest.id}`).toBe(true);
  }

  /** Once it is cleaned up, what is on disk is what is needed, and nobody had to do anything about it. */
  async function expectNoLeftovers(library: Library, when: string): Promise<void> {
    expect((await library.collectGarbage({ dryRun: false })).kept, when).toEqual([]);
    expect((await library.collectGarbage({ dryRun: true })).sizeBytes, when).toBe(0);
    const names = await readdir(home, { recursive: true });
    expect(
      names.filter((name) => name.includes('.new-')),
      when,
    ).toEqual([]);
    const { states } = await library.states.list();
    const maps = new StateFolder(path.join(home, 'states'));
    expect((await readdir(path.join(home, 'states'))).sort(), when).toEqual(states.map(({ id }) => id).sort());
    const needed = new Set<string>();
    for (const manifest of states) {
      const map = await maps.map(manifest);
      for (const id of map.packs) needed.add(id);
    }
    const packs = await readdir(path.join(home, 'packs'));
    expect(
      packs.filter((name) => !name.endsWith('.pack')),
      when,
    ).toEqual([]);
    expect(packs.map((name) => name.slice(0, 32)).sort(), when).toEqual([...needed].sort());
  }
});

function accountOf(lines: readonly string[]): Account {
  const saved: Account['saved'][number][] = [];
  const doomed = new Set<string>();
  const deleted: string[] = [];
  let during = 'nothing';
  for (const line of lines) {
    const [verb = '', what = '', id = '', seed = ''] = line.split(' ');
    if (verb === 'begin') during = what;
    if (verb === 'begin' && what === 'delete') doomed.add(id);
    if (verb === 'deleted') deleted.push(what);
    // A line that was cut off is no acknowledgement; ids have 16 digits.
    if (verb === 'saved' && /^st-[0-9a-f]{16}$/.test(id) && seed !== '')
      saved.push({ kind: what, id, seed: Number(seed) });
  }
  return { saved, doomed, deleted, during };
}
