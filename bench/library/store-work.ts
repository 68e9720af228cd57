import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { StateDraft, StateStore } from '../../src/library/state-store.ts';
import { STATE_PIECE_BYTES } from '../../src/shared/bulk/resources.ts';
import { newStateId, parseStateId } from '../../src/shared/model/ids.ts';
import type { StateManifest } from '../../src/shared/model/state.ts';
import { unwrap } from '../../src/shared/result.ts';

/** A page, that no other state has. */
const TINY_BYTES = 4096;

/** Writes a state's file into a store, as the one that the manifest describes. */
export async function save(states: StateStore, rawPath: string, manifestPath: string): Promise<void> {
  const writer = await states.create(await draftLike(manifestPath));
  const file = await open(rawPath, 'r');
  // The next piece is read into one buffer while the writer works on the other, which it is done with when it says so.
  let [now, later] = [new Uint8Array(STATE_PIECE_BYTES), new Uint8Array(STATE_PIECE_BYTES)];
  let reading = file.read(now);
  for (let { bytesRead } = await reading; bytesRead > 0; { bytesRead } = await reading) {
    reading = file.read(later);
    await writer.write(now.subarray(0, bytesRead));
    [now, later] = [later, now];
  }
  await file.close();
  await writer.commit();
}

async function draftLike(manifestPath: string): Promise<StateDraft> {
  // What the manifest says of its own bytes comes along and is not looked at.
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as StateManifest;
  return { ...manifest, screen: null };
}

/** Snapshots with next to nothing in them, each a child of the one before. */
export async function fill(states: StateStore, count: number, manifestPath: string): Promise<void> {
  let draft: StateDraft = { ...(await draftLike(manifestPath)), frontBytes: 0, parent: null };
  for (let made = 0; made < count; made += 1) {
    const id = newStateId((bytes) => randomBytes(bytes));
    draft = { ...draft, id, parent: made === 0 ? null : draft.id, name: `snapshot ${made}` };
    const writer = await states.create(draft);
    await writer.write(new Uint8Array(randomBytes(TINY_BYTES)));
    await writer.commit();
  }
}

/** Puts a state back as a file. */
export async function restore(states: StateStore, id: string, target: string): Promise<void> {
  const manifest = await states.get(unwrap(parseStateId(id)));
  const file = await open(target, 'w');
  let writing: Promise<unknown> = Promise.resolve();
  for await (const piece of states.read(manifest)) {
    // One piece is written while the next one is read.
    await writing;
    writing = file.write(piece);
  }
  await writing;
  await file.close();
}
