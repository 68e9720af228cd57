import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StateId } from '../../shared/model/ids.ts';
import { FailureError } from '../../shared/result.ts';
import { MemoryStateStore } from '../memory-state-store.ts';
import {
  BUNDLE_HEADER_BYTES,
  encodeSectionRow,
  headerHash,
  SECTION_ROW_BYTES,
  SECTION_TYPES,
} from './bundle-format.ts';
import { bundleOf, pagesOf, sectionsOf, TestLibrary, withJson, type TestSection } from './bundle.fixture.ts';
import { exportBundle } from './export-bundle.ts';
import { importBundle } from './import-bundle.ts';
import { loadZstd } from '../zstd.ts';

let here: TestLibrary;
let there: TestLibrary;
/** With an image, two snapshots, and pages that the receiver must have. */
let whole: Buffer;
let sections: TestSection[];
let path: string;
let before: unknown;

beforeAll(async () => {
  here = await TestLibrary.open(() => new MemoryStateStore());
  path = join(here.folder, 'x.terrarium');
  const image = await here.addImage('tiny-1', ['a file', 'b'.repeat(5000)], pagesOf([1, 2, 3]));
  const { config } = await here.parts.states.get(image.base);
  const lender = await here.save(pagesOf([11, 12]), { id: 'st-lender' as StateId, config, name: 'lender' });
  const root = await here.save(pagesOf([1, 2, 4, 11]), { id: 'st-root' as StateId, config, name: 'root' });
  const child = await here.save(pagesOf(Array.from({ length: 70 }, (_, i) => 20 + i)), {
    id: 'st-child' as StateId,
    config,
    parent: root.id,
  });
  await exportBundle(here.parts, { snapshots: [root.id, child.id], withImage: true, since: lender.id, path });
  whole = await readFile(path);
  sections = await sectionsOf(whole);
});
afterAll(() => here.close());

beforeEach(async () => {
  there = await TestLibrary.open(() => new MemoryStateStore());
  const image = await there.addImage('other', ['z'], pagesOf([1]));
  const { config: own } = await there.parts.states.get(image.base);
  const { fsSha256 } = (await here.parts.states.get('st-root' as StateId)).config;
  await there.save(pagesOf([11, 12]), { id: 'st-lender' as StateId, config: { ...own, fsSha256 } });
  before = await there.inventory();
});
afterEach(() => there.close());

/** Why a file is refused, after which the library is as it was. */
async function refusal(bundle: Uint8Array): Promise<FailureError> {
  const file = join(there.folder, 'y.terrarium');
  await writeFile(file, bundle);
  const cause: unknown = await importBundle(there.parts, { path: file }).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(cause).toBeInstanceOf(FailureError);
  expect(await there.inventory()).toEqual(before);
  const failure = cause as FailureError;
  expect(failure.message).toContain('Nothing was imported.');
  return failure;
}

describe('a bundle', () => {
  it('is what the tests take it for', async () => {
    expect(new Set(sections.map(({ type }) => type))).toEqual(new Set(SECTION_TYPES));
    expect(bundleOf(sections).byteLength).toBeGreaterThan(whole.byteLength);
    const file = join(there.folder, 'y.terrarium');
    await writeFile(file, bundleOf(sections));
    expect(await importBundle(there.parts, { path: file })).toMatchObject({
      imported: [{ id: 'st-root' }, { id: 'st-child' }],
      images: [{ id: 'tiny-1' }],
    });
    expect((await there.bytesOf('st-child' as StateId)).equals(await here.bytesOf('st-child' as StateId))).toBe(true);
  });

  it('is refused with one bit flipped anywhere', async () => {
    const offsets = new Set<number>(Array.from({ length: BUNDLE_HEADER_BYTES }, (_, index) => index));
    for (const { offset, storedBytes } of sections) {
      // Every byte of the row but the hash's inner ones, and the first, middle and last of what follows.
      for (let index = 0; index <= 16; index += 1) offsets.add(offset + index);
      offsets.add(offset + SECTION_ROW_BYTES - 1);
      const payload = offset + SECTION_ROW_BYTES;
      if (storedBytes > 0) for (const at of [0, storedBytes >> 1, storedBytes - 1]) offsets.add(payload + at);
    }
    for (const offset of offsets) {
      const damaged = Buffer.from(whole);
      damaged[offset] = damaged[offset]! ^ (1 << (offset % 8));
      const expected = offset < 8 ? ['bad-input'] : offset < 12 ? ['unsupported', 'damaged'] : ['damaged'];
      expect(expected).toContain((await refusal(damaged)).code);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * whole.byteLength - 1), async (bit) => {
        const damaged = Buffer.from(whole);
        damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
        await refusal(damaged);
      }),
      { numRuns: 200 },
    );
  });

  it('says which part is damaged', async () => {
    const words: Partial<Record<string, string>> = {};
    for (const { type, offset, storedBytes } of sections) {
      const damaged = Buffer.from(whole);
      const at = offset + (storedBytes > 0 ? SECTION_ROW_BYTES : 20);
      damaged[at] = damaged[at]! ^ 4;
      words[type] ??= /is damaged \((.*?)\)\./.exec((await refusal(damaged)).message)?.[1] ?? '';
    }
    expect(words).toEqual({
      HEAD: 'its table of contents',
      IMAG: 'the description of an image',
      FILE: 'the list of an image’s files',
      DATA: 'the files of an image',
      STAT: 'the description of a snapshot',
      HASH: 'the checksums of a snapshot’s pages',
      LENT: 'the checksums of pages it does not have itself',
      RUNS: 'the list of a snapshot’s pages',
      PAGE: 'the pages of a snapshot',
      DONE: 'its end',
    });
  });

  it('is refused cut short anywhere, and with something behind it', async () => {
    const ends = [
      0,
      1,
      8,
      15,
      ...sections.flatMap(({ offset, storedBytes }) => [
        offset,
        offset + 1,
        offset + SECTION_ROW_BYTES,
        offset + SECTION_ROW_BYTES + (storedBytes >> 1),
      ]),
    ].filter((end) => end < whole.byteLength);
    for (const end of ends) {
      const { code, message } = await refusal(whole.subarray(0, end));
      expect(code).toBe(end < BUNDLE_HEADER_BYTES ? 'bad-input' : 'damaged');
      expect(message).toContain(end < BUNDLE_HEADER_BYTES ? 'is not a .terrarium file' : 'is cut short');
    }
    expect((await refusal(Buffer.concat([whole, Buffer.alloc(1)]))).message).toContain('behind its end');
  });

  it('is refused with sections moved, left out or twice', async () => {
    for (let index = 0; index < sections.length; index += 1) {
      const without = sections.filter((_, other) => other !== index);
      const part = (list: readonly TestSection[]): Buffer =>
        Buffer.concat([
          whole.subarray(0, BUNDLE_HEADER_BYTES),
          ...list.map(({ offset, storedBytes }) => whole.subarray(offset, offset + SECTION_ROW_BYTES + storedBytes)),
        ]);
      for (const list of [without, sections.toSpliced(index, 0, sections[index]!)]) {
        expect((await refusal(part(list))).code).toBe('damaged');
        // Also by somebody who makes all hashes right.
        expect((await refusal(bundleOf(list))).code).toBe('damaged');
      }
    }
  });

  it('of a newer format is told apart from a damaged one', async () => {
    const newer = Buffer.from(whole);
    newer.writeUInt32LE(2, 8);
    expect(await refusal(newer)).toMatchObject({ code: 'unsupported', message: expect.stringContaining('format 2') });
    expect((await refusal(Buffer.from('not a bundle at all'))).code).toBe('bad-input');
    await expect(importBundle(there.parts, { path: join(there.folder, 'none') })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(importBundle(there.parts, { path: there.folder })).rejects.toMatchObject({
      code: expect.stringMatching(/bad-input|io/),
    });
  });
});

describe('a bundle of somebody who means harm', () => {
  const state = (change: Record<string, unknown>, index = 1) =>
    withJson(sections, 'STAT', index, (value) => Object.assign(value, change));
  const head = (change: (value: Record<string, unknown>) => void) => withJson(sections, 'HEAD', 0, change);
  const image = (change: Record<string, unknown>) =>
    withJson(sections, 'IMAG', 0, (value) => Object.assign(value, change));

  const replaced = (type: string, index: number, payload: Uint8Array): TestSection[] => {
    const target = sections.filter((section) => section.type === type)[index];
    return sections.map((section) => (section === target ? { ...section, payload } : section));
  };

  it.each<[string, () => TestSection[]]>([
    ['a state larger than any', () => state({ sizeBytes: 2 ** 53 - 1 })],
    ['more pages than are allowed', () => state({ newPages: 2 ** 32 })],
    ['more pages than there are', () => state({ newPages: 4 * 1024 * 1024 })],
    ['pages that are no number', () => state({ newPages: -1 })],
    ['half a page', () => state({ newPages: 1.5 })],
    ['more runs than there are', () => state({ runs: 8 * 1024 * 1024 })],
    ['more runs than are allowed', () => state({ runs: 2 ** 31 })],
    ['lent pages that do not come', () => state({ lentPages: 70_000 })],
    ['a front beyond the end', () => state({ frontBytes: 4 * 4096 + 1 })],
    ['a path for an id', () => state({ id: '../../x' })],
    ['another id than announced', () => state({ id: 'st-else' })],
    ['another name than announced', () => state({ name: 'else' })],
    ['a name that hides a path', () => state({ name: 'a/b' })],
    ['a name with a control character', () => state({ name: 'a\u001b[2J' })],
    ['a note without end', () => state({ note: 'x'.repeat(100_000) })],
    ['tags without end', () => state({ tags: Array.from({ length: 5000 }, (_, index) => `${index}`) })],
    ['a VM’s name with a line break', () => state({ vmName: 'a\nb' })],
    ['a time that is none', () => state({ createdAt: 'yesterday' })],
    ['a head', () => state({ kind: 'head' })],
    ['a base snapshot of nothing', () => state({ kind: 'base' })],
    ['a parent that comes later', () => state({ parent: 'st-child' })],
    ['itself as its parent', () => state({ parent: 'st-root' })],
    [
      'a machine with impossible memory',
      () => state({ config: { v86Version: '1', imageId: 'tiny-1', memoryMib: 1e9 } }),
    ],
    ['a screen of a million rows', () => state({ screen: { columns: 80, rows: 1_000_000, lines: [] } })],
    ['no fields at all', () => replaced('STAT', 0, Buffer.from('{}'))],
    [
      'the same id twice',
      () =>
        head((value) =>
          Object.assign(value, {
            states: [
              { id: 'st-root', name: 'root' },
              { id: 'st-root', name: 'root' },
            ],
          }),
        ),
    ],
    ['no states', () => head((value) => Object.assign(value, { states: [] }))],
    [
      'states without end',
      () =>
        head((value) =>
          Object.assign(value, { states: Array.from({ length: 1025 }, (_, i) => ({ id: `st-${i}`, name: 'x' })) }),
        ),
    ],
    ['nobody who lends', () => head((value) => Object.assign(value, { since: null }))],
    [
      'an image of another file system',
      () =>
        head((value) =>
          Object.assign(value, {
            images: [{ id: 'tiny-1', name: 'image tiny-1', fsSha256: 'c'.repeat(64), isIncluded: true }],
          }),
        ),
    ],
    ['an image’s base that is elsewhere', () => image({ base: 'st-lender' })],
    ['an image’s base that is a snapshot', () => image({ base: 'st-root' })],
    ['a path for an image’s id', () => image({ id: '../images' })],
    ['an image’s file that does not come', () => image({ bios: { sha256: 'd'.repeat(64), sizeBytes: 4 } })],
    ['an image’s file of another size', () => image({ fsJson: { sha256: 'd'.repeat(64), sizeBytes: 2 ** 40 } })],
    ['an image with impossible memory', () => image({ memoryMib: 3 })],
    ['an image with a command line without end', () => image({ commandLine: 'x'.repeat(5000) })],
  ])('is refused: %s', async (_what, make) => {
    expect((await refusal(bundleOf(make()))).code).toBe('damaged');
  });

  const runsOf = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => bytes.writeUInt32LE(value, 4 * index));
    return bytes;
  };

  it('is refused with runs that do not fit', async () => {
    const target = sections.find(({ type }) => type === 'RUNS')!;
    expect(target.payload.byteLength).toBe(8);
    for (const runs of [
      runsOf(0, 0),
      runsOf(0, 2),
      runsOf(0, 4),
      runsOf(1, 3),
      runsOf(0xffff_fffe, 3),
      runsOf(0, 0xffff_ffff),
    ]) {
      expect(await refusal(bundleOf(replaced('RUNS', 0, runs)))).toMatchObject({
        code: 'damaged',
        message: expect.stringContaining('list of a snapshot’s pages'),
      });
    }
    // Zeros need no page: nothing is wrong with that.
    const file = join(there.folder, 'y.terrarium');
    await writeFile(file, bundleOf(replaced('RUNS', 1, runsOf(0, 2, 0xffff_ffff, 2))));
    expect(await importBundle(there.parts, { path: file })).toMatchObject({ imported: [{ id: 'st-root' }, {}] });
    expect((await there.bytesOf('st-root' as StateId)).equals(pagesOf([1, 2, 0, 0]))).toBe(true);
  });

  it('is refused with pages or files that are not what their hashes say', async () => {
    const page = sections.find(({ type }) => type === 'PAGE')!;
    const data = sections.find(({ type }) => type === 'DATA')!;
    for (const { type, payload } of [page, data]) {
      const changed = Buffer.from(payload);
      changed[5] = changed[5]! ^ 1;
      expect((await refusal(bundleOf(replaced(type, 0, changed)))).code).toBe('damaged');
      expect((await refusal(bundleOf(replaced(type, 0, changed.subarray(1))))).code).toBe('damaged');
    }
    const files = sections.find(({ type }) => type === 'FILE')!;
    const large = Buffer.from(files.payload);
    large.writeBigUInt64LE(2n ** 60n, 32);
    expect((await refusal(bundleOf(replaced('FILE', 0, large)))).message).toContain('too large');
    const twice = Buffer.concat([files.payload, files.payload]);
    expect((await refusal(bundleOf(replaced('FILE', 0, twice)))).message).toContain('twice');
  });

  it('is refused with a section that unpacks to more than it says, or says more than it may', async () => {
    const zstd = await loadZstd();
    const header = whole.subarray(0, BUNDLE_HEADER_BYTES);
    const bomb = zstd.compress(new Uint8Array(3_000_000));
    for (const rawBytes of [bomb.byteLength + 1, 4096, 3_000_001, 0xffff_ffff]) {
      const row = encodeSectionRow('HEAD', 'zstd', bomb, rawBytes, headerHash(header));
      expect((await refusal(Buffer.concat([header, row, bomb]))).code).toBe('damaged');
    }
    const row = Buffer.from(encodeSectionRow('HEAD', 'stored', new Uint8Array(0), 0, headerHash(header)));
    row.writeUInt32LE(0xffff_ffff, 8);
    row.writeUInt32LE(0xffff_ffff, 12);
    expect((await refusal(Buffer.concat([header, row]))).code).toBe('damaged');
    expect((await refusal(bundleOf(replaced('HEAD', 0, Buffer.from('{"a":'))))).code).toBe('damaged');
    expect((await refusal(bundleOf(replaced('HEAD', 0, Buffer.from([0xff, 0xfe]))))).code).toBe('damaged');
    expect((await refusal(bundleOf(replaced('HEAD', 0, Buffer.from('['.repeat(200_000)))))).code).toBe('damaged');
  });

  it('is refused or imported as it says, whatever its sections hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sections.length - 1),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (index, at, bytes) => {
          const target = sections[index]!;
          if (target.payload.byteLength === 0) return;
          const payload = Buffer.from(target.payload);
          payload.set(bytes.subarray(0, payload.byteLength - (at % payload.byteLength)), at % payload.byteLength);
          if (payload.equals(target.payload)) return;
          const file = join(there.folder, 'y.terrarium');
          await writeFile(file, bundleOf(sections.toSpliced(index, 1, { ...target, payload })));
          const target2 = await TestLibrary.open(() => new MemoryStateStore());
          try {
            await importBundle(target2.parts, { path: file });
          } catch (cause) {
            expect(cause).toBeInstanceOf(FailureError);
          } finally {
            await target2.close();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
