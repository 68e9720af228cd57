import { damagedState } from './damaged-state.ts';
import { isLongList, ListReader, listText } from './list-text.ts';
import {
  elementBytes,
  isTypedArrayName,
  plainBytes,
  typedArray,
  typedArrayName,
  type ArrayView,
  type TypedArrayName,
} from './wasm-view.ts';

/**
 * A copy of v86's state tree that shares no memory with the machine: objects that have `get_state`
 * are replaced by what it returns, typed arrays are copied.
 */
export function snapshotTree(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // What is quickly told first: inodes are most of a state, and the guest stands still meanwhile.
  if (Array.isArray(value)) return snapshotList(value);
  if (hasGetState(value)) return snapshotTree(value.get_state());
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [key, snapshotTree(item)]));
  const kind = typedArrayName(value);
  if (kind) return typedArray(kind, plainBytes(value as unknown as ArrayView).slice().buffer);
  throw new Error('v86 state holds an object that cannot be saved');
}

function snapshotList(list: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  // Unlike map this takes entries that were never set as undefined; Array.from is three times as slow.
  for (const item of list) copy.push(typeof item === 'object' && item !== null ? snapshotTree(item) : item);
  return copy;
}

function hasGetState(value: object): value is { get_state(): unknown } {
  return 'get_state' in value && typeof value.get_state === 'function';
}

interface FlatView {
  readonly $buffer: number;
  readonly $type: TypedArrayName;
}
interface FlatMap {
  readonly $map: readonly (readonly [unknown, unknown])[];
}

/** A long list, kept as a text of its own (list-text.ts). */
interface FlatList {
  readonly $list: number;
}

/** Which bytes a long list was replaced by; null for anything else. */
export function flatListBuffer(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('$list' in value)) return null;
  return typeof value.$list === 'number' ? value.$list : null;
}

/**
 * A state tree as JSON, its arrays and long lists replaced by the number that `keep` gave their bytes. Other lists
 * in which there are none are the tree's own.
 */
export function flattenTree(value: unknown, keep: (bytes: Uint8Array) => number, isInList = false): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return flattenList(value, keep, isInList);
  if (value instanceof Map) {
    return {
      $map: Array.from(value, ([key, item]) => [key, flattenTree(item, keep, isInList)] as const),
    } satisfies FlatMap;
  }
  const kind = typedArrayName(value);
  if (kind) return { $buffer: keep(plainBytes(value as unknown as ArrayView)), $type: kind } satisfies FlatView;
  throw new Error('a state tree holds a plain object');
}

/** @param isInList of a long list, which has all of it: a folder with many names in the list of inodes */
function flattenList(
  list: readonly unknown[],
  keep: (bytes: Uint8Array) => number,
  isInList: boolean,
): readonly unknown[] | FlatList {
  const isLong = !isInList && isLongList(list);
  const flat = flattenItems(list, keep, isInList || isLong);
  return isLong ? { $list: keep(listText(flat)) } : flat;
}

function flattenItems(
  list: readonly unknown[],
  keep: (bytes: Uint8Array) => number,
  isInList: boolean,
): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null) continue;
    const flat = flattenTree(item, keep, isInList);
    if (flat === item) continue;
    copy ??= [...list];
    copy[index] = flat;
  }
  return copy ?? list;
}

/** v86's own trees are about ten levels deep; a hostile one must not exhaust the stack. */
const DEPTH_MAX = 64;

/**
 * The tree that {@link flattenTree} flattened. Its arrays become those of the tree: a guest has some ten thousand files, and
 * what was parsed is needed by nobody else.
 * @param bufferAt gives bytes that nobody else holds, in a buffer of their own
 * @throws FailureError `damaged`
 */
export function reviveTree(value: unknown, bufferAt: (index: number) => Uint8Array, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) throw damagedState('its device data is nested too deeply');
  if (Array.isArray(value)) {
    const items = value as unknown[];
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      if (typeof item === 'object' && item !== null) items[index] = reviveTree(item, bufferAt, depth + 1);
    }
    return items;
  }
  if ('$buffer' in value && '$type' in value && typeof value.$buffer === 'number' && isTypedArrayName(value.$type)) {
    const bytes = bufferAt(value.$buffer);
    if (bytes.byteLength % elementBytes(value.$type) !== 0) throw damagedState('an array has a broken length');
    return typedArray(value.$type, bytes.buffer as ArrayBuffer);
  }
  const list = flatListBuffer(value);
  if (list !== null) return reviveTree(new ListReader(bufferAt(list)).all(), bufferAt, depth + 1);
  if ('$map' in value && Array.isArray(value.$map)) {
    return new Map(
      value.$map.map((entry: unknown) => {
        if (!Array.isArray(entry) || entry.length !== 2) throw damagedState('a map has a broken entry');
        return [entry[0], reviveTree(entry[1], bufferAt, depth + 1)] as const;
      }),
    );
  }
  throw damagedState('the device tree has an unknown node');
}
