import type { StateId } from '../shared/model/ids.ts';
import type { StateKind, StateManifest } from '../shared/model/state.ts';
import { describeHolder } from './claims/words.ts';
import { whileNobodyWrites, type CleaningOutcome } from './claims/writing.ts';
import { isHeld } from './holds.ts';
import type { LibraryParts } from './library-parts.ts';
import type { PageGarbage } from './state-store.ts';

export interface GarbageState {
  readonly id: StateId;
  readonly kind: StateKind;
  /** The VM it was the head of, or the image it was the base snapshot of. */
  readonly of: string;
  /** As if it were kept whole; it shares pages with others. */
  readonly sizeBytes: number;
}

/** What nothing needs. Snapshots are never among it: a person named them. */
export interface GarbageReport {
  /** Heads no VM resumes from, base snapshots of no image. */
  readonly states: readonly GarbageState[];
  /** Pages of states that no state has. */
  readonly pages: { readonly sizeBytes: number };
  /** Files of images that no image has. */
  readonly blobs: { readonly count: number; readonly sizeBytes: number };
  /** Of all of it. Removed, unless it was asked only what would be. */
  readonly sizeBytes: number;
  /** Sentences about what could not be judged now and was left alone. */
  readonly kept: readonly string[];
}

const NO_BLOBS = { count: 0, sizeBytes: 0 };

/** Finds what nothing needs and removes it, beside whatever else goes on. */
export async function collectGarbage(library: LibraryParts, { dryRun }: { dryRun: boolean }): Promise<GarbageReport> {
  const states = await unneededIfQuiet(library, dryRun);
  const blobs = await whileNobodyWrites(library.claims, 'building', async () => {
    if (!dryRun) await library.blobs.removeUnfinished();
    return unneededBlobs(library, dryRun);
  });
  if (!dryRun) await library.claims.removeDead();
  return report(states, blobs);
}

/**
 * What is done whenever the library is opened: what a crash left is removed, as far as nobody may be writing it just
 * now. Files of images are not looked through, which takes longer. @returns sentences about what is damaged
 */
export async function tidyUp(library: LibraryParts): Promise<readonly string[]> {
  const states = await unneededStatesIfQuiet(library, false);
  await whileNobodyWrites(library.claims, 'building', () => library.blobs.removeUnfinished());
  await library.claims.removeDead();
  return states.done ? states.value.problems : findProblems(library);
}

/** Sentences about what is damaged, as far as a listing shows. */
export async function findProblems(library: LibraryParts): Promise<readonly string[]> {
  return (await unneededStates(library)).problems;
}

/** The files of images that no image has, removed; none when that cannot be known now. @returns bytes freed, or null */
export async function sweepBlobs(library: LibraryParts): Promise<number | null> {
  const swept = await whileNobodyWrites(library.claims, 'building', () => unneededBlobs(library, false));
  return swept.done && swept.value !== null ? swept.value.sizeBytes : null;
}

/** Pages that no state has any more, removed; none when that cannot be known now. @returns bytes freed */
export async function sweepPages(library: LibraryParts): Promise<number> {
  const swept = await whileNobodyWrites(library.claims, 'saving', () => library.states.collect({ dryRun: false }));
  return swept.done ? swept.value.freedBytes : 0;
}

interface Unneeded {
  readonly states: UnneededStates;
  readonly pages: PageGarbage;
}

interface UnneededStates {
  readonly states: readonly StateManifest[];
  readonly problems: readonly string[];
  readonly kept: readonly string[];
}

function unneededStatesIfQuiet(library: LibraryParts, dryRun: boolean): Promise<CleaningOutcome<UnneededStates>> {
  const { claims, states, vms, images } = library;
  return whileNobodyWrites(claims, 'saving', () =>
    library.change(async () => {
      if (!dryRun) {
        await states.removeUnfinished();
        await vms.removeUnfinished();
        await images.removeUnfinished();
      }
      const found = await unneededStates(library);
      if (!dryRun) for (const { id } of found.states) await states.remove(id);
      return found;
    }),
  );
}

/** States first: what they had is then needed by nobody. Changes go on meanwhile, saving does not. */
async function unneededIfQuiet(library: LibraryParts, dryRun: boolean): Promise<CleaningOutcome<Unneeded>> {
  const states = await unneededStatesIfQuiet(library, dryRun);
  if (!states.done) return states;
  const pages = await whileNobodyWrites(library.claims, 'saving', () => library.states.collect({ dryRun }));
  return pages.done ? { done: true, value: { states: states.value, pages: pages.value } } : pages;
}

async function unneededStates(library: LibraryParts): Promise<UnneededStates> {
  const [vms, images, { states, damaged }] = await Promise.all([
    library.vms.list(),
    library.images.list(),
    library.states.list(),
  ]);
  const unread = [...vms.problems, ...images.problems];
  const problems = [...unread, ...damaged.map(({ reason }) => reason)];
  // A damaged record may refer to any of them.
  if (unread.length > 0) {
    return {
      states: [],
      problems,
      kept: ['Saved states were left alone, since what they belong to could not be read.', ...unread],
    };
  }
  const needed = new Set<string>([
    ...vms.records.flatMap((vm) => (vm.head === null ? [] : [vm.head])),
    ...images.manifests.map((image) => image.base),
  ]);
  const isBuilding = (await library.claims.sharers('building')).length > 0;
  const garbage: StateManifest[] = [];
  let heldCount = 0;
  for (const state of states) {
    if (state.kind === 'snapshot' || needed.has(state.id)) continue;
    // The image of a base snapshot is added after it, and a machine may be starting from one that was replaced.
    if (state.kind === 'base' && (isBuilding || (await isHeld(library, state.config.imageId)))) heldCount += 1;
    else garbage.push(state);
  }
  const kept =
    heldCount === 0 ? [] : ['A base snapshot was left alone, since a machine or an image build may need it now.'];
  return { states: garbage, problems, kept };
}

async function unneededBlobs(
  { images, blobs }: LibraryParts,
  dryRun: boolean,
): Promise<{ count: number; sizeBytes: number } | null> {
  const needed = await images.neededBlobs(blobs);
  if (needed === null) return null;
  const found = await blobs.unneeded(needed);
  if (!dryRun) await blobs.sweep(needed);
  return { count: found.length, sizeBytes: found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function report(
  saved: CleaningOutcome<Unneeded>,
  blobs: CleaningOutcome<{ count: number; sizeBytes: number } | null>,
): GarbageReport {
  const kept: string[] = [];
  if (saved.done) kept.push(...saved.value.states.kept, ...saved.value.pages.kept);
  else kept.push(`Saved states were left alone, since ${describeHolder(saved.by)} is saving one.`);
  if (!blobs.done) kept.push(`Files of images were left alone, since ${describeHolder(blobs.by)} is building one.`);
  else if (blobs.value === null) kept.push('Files of images were left alone, since an image could not be read.');
  const states = saved.done ? saved.value.states.states.map(garbageState) : [];
  const pages = { sizeBytes: saved.done ? saved.value.pages.freedBytes : 0 };
  const files = blobs.done && blobs.value !== null ? blobs.value : NO_BLOBS;
  return { states, pages, blobs: files, sizeBytes: files.sizeBytes + pages.sizeBytes, kept };
}

function garbageState({ id, kind, vmName, config, sizeBytes }: StateManifest): GarbageState {
  return { id, kind, of: kind === 'head' ? vmName : config.imageId, sizeBytes };
}
