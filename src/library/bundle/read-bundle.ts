import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { BlobRef, ImageManifest } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import { parseImageManifest } from '../schemas.ts';
import {
  parseBundledState,
  parseBundleHead,
  pageCountOf,
  type BundledState,
  type BundleHead,
} from './bundle-documents.ts';
import {
  BLOCK_BYTES,
  BLOCK_PAGES,
  FULL_SECTION_BYTES,
  HASH_BYTES,
  PAGES_MAX,
  RUN_BYTES,
  RUNS_MAX,
  SECTION_WORDS,
} from './bundle-format.ts';
import { imageFault } from './image-check.ts';
import { readImageFiles } from './import-files.ts';
import { parseRuns } from './page-runs.ts';
import type { SectionPlace, SectionReader } from './section-reader.ts';

/** A state of a bundle, and where its pages are. */
export interface ReadState {
  readonly state: BundledState;
  /** First number and count, in turn. */
  readonly runs: Uint32Array;
  /** The number of the first page in `hashes`. */
  readonly firstNumber: number;
  /** Of the pages that this state is the first to have: those in the file, then those that are lent. */
  readonly hashes: Uint8Array;
  readonly blocks: readonly SectionPlace[];
}

/** A bundle of which every byte was checked. */
export interface BundleContents {
  readonly head: BundleHead;
  readonly images: readonly ImageManifest[];
  readonly files: readonly BlobRef[];
  /** Where the bytes of `files` are. */
  readonly data: readonly SectionPlace[];
  readonly states: readonly ReadState[];
  /** How many pages have a number. */
  readonly pageCount: number;
}

/**
 * Reads a bundle to its end and checks all that can be known of it without the library.
 * @param tell called after each section, and throws to stop
 * @throws FailureError `damaged`
 */
export async function readBundle(reader: SectionReader, tell: () => void): Promise<BundleContents> {
  const parsedHead = parseBundleHead(await reader.nextJson('HEAD'));
  if ('fault' in parsedHead) throw reader.damaged(`${SECTION_WORDS.HEAD}: ${parsedHead.fault}`);
  const head = parsedHead.value;
  checkHead(reader, head);
  const images: ImageManifest[] = [];
  for (const listed of head.images.filter(({ isIncluded }) => isIncluded)) {
    images.push(await readImage(reader, listed));
  }
  const { files, data } = images.length === 0 ? { files: [], data: [] } : await readImageFiles(reader, images, tell);
  const states: ReadState[] = [];
  let pageCount = 0;
  let runCount = 0;
  for (const listed of head.states) {
    const parsed = parseBundledState(await reader.nextJson('STAT'));
    if ('fault' in parsed) throw reader.damaged(`${SECTION_WORDS.STAT}: ${parsed.fault}`);
    const state = parsed.value;
    const fault = stateFault(head, images, states, state, listed);
    if (fault !== null) throw reader.damaged(`${SECTION_WORDS.STAT}: ${fault}`);
    const firstNumber = pageCount;
    pageCount += state.newPages + state.lentPages;
    runCount += state.runs;
    if (pageCount > PAGES_MAX || runCount > RUNS_MAX) throw reader.damaged(`${SECTION_WORDS.STAT}: it is too large`);
    states.push(await readPages(reader, state, firstNumber, tell));
  }
  checkBases(reader, images, states);
  await reader.finish();
  return { head, images, files, data, states, pageCount };
}

function checkHead(reader: SectionReader, { images, states }: BundleHead): void {
  const isTwice = (ids: readonly string[]): boolean => new Set(ids).size !== ids.length;
  if (isTwice(images.map(({ id }) => id)) || isTwice(states.map(({ id }) => id))) {
    throw reader.damaged(`${SECTION_WORDS.HEAD}: an id is there twice`);
  }
}

async function readImage(reader: SectionReader, listed: BundleHead['images'][number]): Promise<ImageManifest> {
  const value = await reader.nextJson('IMAG');
  let image: ImageManifest;
  try {
    image = parseImageManifest(value, `The image “${listed.name}”`);
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    throw reader.damaged(SECTION_WORDS.IMAG, cause);
  }
  const fault = imageFault(image, listed);
  if (fault !== null) throw reader.damaged(`${SECTION_WORDS.IMAG}: ${fault}`);
  return image;
}

/** @returns what does not agree with what came before, or null */
function stateFault(
  { images: listedImages, states: listedStates, since }: BundleHead,
  images: readonly ImageManifest[],
  before: readonly ReadState[],
  state: BundledState,
  listed: BundleHead['states'][number],
): string | null {
  const { id, name, kind, parent, config } = state;
  if (id !== listed.id || name !== listed.name) return 'it is not the one that was announced';
  if (state.frontBytes > state.sizeBytes) return 'frontBytes: more than there are';
  if (state.lentPages > 0 && since === null) return 'nobody is named who lends its pages';
  const image = listedImages.find((candidate) => candidate.id === config.imageId);
  if (image?.fsSha256 !== config.fsSha256) return 'its image was not announced';
  const isElsewhere = !listedStates.some((other) => other.id === parent);
  if (parent !== null && !isElsewhere && !before.some((other) => other.state.id === parent)) {
    return 'it comes before its parent';
  }
  if (kind === 'base' && !images.some((candidate) => candidate.base === id && candidate.id === config.imageId)) {
    return 'it is the base snapshot of no image';
  }
  return null;
}

function checkBases(reader: SectionReader, images: readonly ImageManifest[], states: readonly ReadState[]): void {
  for (const { base } of images) {
    const there = states.find(({ state }) => state.id === base);
    if (there?.state.kind !== 'base') throw reader.damaged(`${SECTION_WORDS.IMAG}: its base snapshot is missing`);
  }
}

async function readPages(
  reader: SectionReader,
  state: BundledState,
  firstNumber: number,
  tell: () => void,
): Promise<ReadState> {
  const lists: Uint8Array[] = [];
  for (const type of ['HASH', 'LENT'] as const) {
    const count = type === 'HASH' ? state.newPages : state.lentPages;
    for await (const part of reader.list(type, count * HASH_BYTES, FULL_SECTION_BYTES)) {
      lists.push(part);
      tell();
    }
  }
  const hashes = Buffer.concat(lists);
  const runParts: Uint8Array[] = [];
  for await (const part of reader.list('RUNS', state.runs * RUN_BYTES, FULL_SECTION_BYTES)) runParts.push(part);
  const numberCount = firstNumber + state.newPages + state.lentPages;
  const runs = parseRuns(Buffer.concat(runParts), pageCountOf(state), numberCount);
  if (runs === null) throw reader.damaged(`${SECTION_WORDS.RUNS}: they do not make up its memory`);
  const blocks: SectionPlace[] = [];
  for (let page = 0; page < state.newPages; page += BLOCK_PAGES) {
    const rawBytes = Math.min(BLOCK_BYTES, (state.newPages - page) * PAGE_BYTES);
    const { payload, place } = await reader.next('PAGE', rawBytes);
    for (let at = 0; at < rawBytes; at += PAGE_BYTES) {
      const hashAt = (page + at / PAGE_BYTES) * HASH_BYTES;
      const sha256 = createHash('sha256')
        .update(payload.subarray(at, at + PAGE_BYTES))
        .digest();
      if (sha256.compare(hashes, hashAt, hashAt + HASH_BYTES) !== 0) {
        throw reader.damaged(`${SECTION_WORDS.PAGE}: “${state.name}”`);
      }
    }
    blocks.push(place);
    tell();
    await new Promise(setImmediate);
  }
  return { state, runs, firstNumber, hashes, blocks };
}
