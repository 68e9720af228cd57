import * as v from 'valibot';
import { parseImageId, parseStateId, type ImageId, type StateId } from '../../shared/model/ids.ts';
import { NAME_MAX_CHARACTERS } from '../../shared/model/limits.ts';
import {
  NOTE_MAX_CHARACTERS,
  parseMemoryMib,
  parseName,
  parseNote,
  parseTags,
  TAG_MAX_CHARACTERS,
  TAGS_MAX,
} from '../../shared/model/names.ts';
import { screenPreview } from '../../shared/model/screen-preview.ts';
import { STATE_MAKERS, type ScreenPreview, type StateManifest } from '../../shared/model/state.ts';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { unwrap, type Result } from '../../shared/result.ts';
import { STATE_MAX_BYTES } from '../pages/page-map.ts';
import type { StateDraft } from '../state-store.ts';
import { IMAGES_MAX, PAGES_MAX, RUNS_MAX, STATES_MAX } from './bundle-format.ts';

/** The JSON in a bundle. It comes from others: every text, number and list is bounded, and parsed as what a person types. */

/** Characters of a text may be made of several code units. */
const UNITS_PER_CHARACTER = 8;
/** Configurations name a handful of devices and a version, each a word. */
const WORD_MAX = 64;
const DEVICES_MAX = 64;
const VGA_MEMORY_MAX_MIB = 256;

function parsed<T>(longest: number, parse: (text: string) => Result<T>) {
  return v.pipe(
    v.string(),
    v.maxLength(longest),
    v.check((text) => parse(text).ok, 'a name or id that Terrarium does not allow'),
    v.transform((text) => unwrap(parse(text))),
  );
}

const NAME_MAX = NAME_MAX_CHARACTERS * UNITS_PER_CHARACTER;
const stateId = parsed(WORD_MAX, parseStateId);
const imageId = parsed(WORD_MAX, parseImageId);
const snapshotName = parsed(NAME_MAX, (text) => parseName('snapshot', text));
const imageName = parsed(NAME_MAX, (text) => parseName('image', text));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(WORD_MAX));
const isoTime = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
const upTo = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));

interface Named {
  readonly id: StateId;
  readonly name: string;
}

/** What is in a bundle: its first section. */
export interface BundleHead {
  readonly createdAt: string;
  readonly images: readonly {
    readonly id: ImageId;
    readonly name: string;
    readonly fsSha256: string;
    readonly isIncluded: boolean;
  }[];
  readonly states: readonly Named[];
  readonly since: Named | null;
}

const headSchema: v.GenericSchema<unknown, BundleHead> = v.object({
  createdAt: isoTime,
  images: v.pipe(
    v.array(v.object({ id: imageId, name: imageName, fsSha256: sha256, isIncluded: v.boolean() })),
    v.maxLength(IMAGES_MAX),
  ),
  states: v.pipe(v.array(v.object({ id: stateId, name: snapshotName })), v.minLength(1), v.maxLength(STATES_MAX)),
  since: v.nullable(v.object({ id: stateId, name: snapshotName })),
});

/** A state in a bundle, but for its pages. */
export interface BundledState extends Pick<
  StateManifest,
  | 'id'
  | 'content'
  | 'name'
  | 'note'
  | 'tags'
  | 'isProtected'
  | 'madeBy'
  | 'vmName'
  | 'parent'
  | 'createdAt'
  | 'config'
  | 'sizeBytes'
  | 'frontBytes'
> {
  readonly kind: 'base' | 'snapshot';
  readonly screen: ScreenPreview | null;
  readonly newPages: number;
  readonly lentPages: number;
  readonly runs: number;
}

const stateSchema: v.GenericSchema<unknown, BundledState> = v.object({
  id: stateId,
  kind: v.picklist(['base', 'snapshot']),
  content: v.picklist(['full', 'disk']),
  name: snapshotName,
  note: parsed(NOTE_MAX_CHARACTERS * UNITS_PER_CHARACTER, parseNote),
  tags: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(TAG_MAX_CHARACTERS * UNITS_PER_CHARACTER))),
    v.maxLength(TAGS_MAX),
    v.check((tags) => parseTags(tags).ok, 'a tag that Terrarium does not allow'),
    v.transform((tags) => unwrap(parseTags(tags))),
  ),
  isProtected: v.boolean(),
  madeBy: v.picklist(STATE_MAKERS),
  // A base snapshot is of no VM.
  vmName: v.union([v.literal(''), parsed(NAME_MAX, (text) => parseName('VM', text))]),
  parent: v.nullable(stateId),
  createdAt: isoTime,
  config: v.object({
    v86Version: word,
    imageId,
    fsSha256: sha256,
    memoryMib: v.pipe(
      v.number(),
      v.check((memoryMib) => parseMemoryMib(memoryMib).ok, 'an impossible memory size'),
    ),
    vgaMemoryMib: upTo(VGA_MEMORY_MAX_MIB),
    devices: v.pipe(v.array(word), v.maxLength(DEVICES_MAX)),
  }),
  sizeBytes: upTo(STATE_MAX_BYTES),
  frontBytes: upTo(STATE_MAX_BYTES),
  screen: v.nullable(screenPreview),
  newPages: upTo(PAGES_MAX),
  lentPages: upTo(PAGES_MAX),
  runs: upTo(RUNS_MAX),
});

/** A sentence's part that says what is wrong, instead of the value. */
export type Parsed<T> = { readonly value: T } | { readonly fault: string };

export const parseBundleHead = (value: unknown): Parsed<BundleHead> => parse(headSchema, value);
export const parseBundledState = (value: unknown): Parsed<BundledState> => parse(stateSchema, value);

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): Parsed<T> {
  const outcome = v.safeParse(schema, value);
  if (outcome.success) return { value: outcome.output };
  const [issue] = outcome.issues;
  return { fault: `${v.getDotPath(issue) ?? 'it'}: ${issue.message}` };
}

/** How many pages a state has, the last of which may be filled up. */
export function pageCountOf(state: { readonly sizeBytes: number }): number {
  return Math.ceil(state.sizeBytes / PAGE_BYTES);
}

/** What is written into a bundle of a state. */
export type StateDocument = Omit<BundledState, 'screen'> & { readonly screen: ScreenPreview | null };

/** What goes into a bundle of a state that is in the library. */
export function bundledState(
  manifest: StateManifest,
  screen: ScreenPreview | null,
  counts: Pick<BundledState, 'newPages' | 'lentPages' | 'runs'>,
): StateDocument {
  const { id, content, name, note, tags, isProtected, madeBy, vmName, parent, createdAt, config } = manifest;
  const { sizeBytes, frontBytes } = manifest;
  const kind = manifest.kind === 'base' ? 'base' : 'snapshot';
  const fields = { id, kind, content, name, note, tags, isProtected, madeBy, vmName, parent, createdAt } as const;
  const devices = [...config.devices];
  return { ...fields, config: { ...config, devices }, sizeBytes, frontBytes, screen, ...counts };
}

/** What a library makes of it. It is a snapshot only when all of the bundle is there (import-bundle.ts). */
export function draftOf(
  state: BundledState,
  change: Pick<StateDraft, 'id' | 'parent' | 'kind' | 'config'>,
): StateDraft {
  const { content, name, note, tags, isProtected, madeBy, vmName, createdAt, frontBytes, screen } = state;
  const fields = { content, name, note, tags, isProtected, madeBy, vmName, createdAt, frontBytes, screen };
  return { ...fields, ...change, vmId: null };
}
