import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import { FailureError } from '../shared/result.ts';
import { parseImageManifest, parseStateManifest, parseVmRecord } from './schemas.ts';

const sha256 = 'a'.repeat(64);
const blob = { sha256, sizeBytes: 1 };
const VM = {
  id: 'vm-1',
  name: 'a',
  imageId: 'tiny-1',
  memoryMib: 64,
  createdAt: '2026',
  head: null,
  parent: 'st-1',
  network: DEFAULT_NETWORK,
  checkpoints: { everyMinutes: 30, keep: 5 },
  tags: ['db'],
};
const STATE_FIELDS = {
  id: 'st-1',
  kind: 'head',
  content: 'full',
  name: '',
  vmId: 'vm-1',
  vmName: 'a',
  parent: null,
  createdAt: '2026',
  config: {
    v86Version: '0.5.462',
    imageId: 'tiny-1',
    fsSha256: sha256,
    memoryMib: 64,
    vgaMemoryMib: 2,
    devices: ['uart0'],
  },
  sizeBytes: 5,
};
const STATE = {
  ...STATE_FIELDS,
  note: '',
  tags: ['a'],
  isProtected: false,
  madeBy: 'person',
  frontBytes: 0,
  data: { layout: 'pages', newBytes: 1, mapBytes: 32, mapSha256: sha256 },
};
const parseNewState = (value: unknown, what: string) => parseStateManifest({ format: 2, ...Object(value) }, what);
const IMAGE = {
  format: 1,
  id: 'tiny-1',
  name: 'tiny',
  recipe: 'tiny',
  createdAt: '2026',
  v86Version: '0.5.462',
  kernel: { kind: 'tuned', release: '6.1', bzImage: blob, initrd: null },
  bios: blob,
  vgaBios: blob,
  fsJson: blob,
  fileCount: 1,
  fileBytes: 1,
  packages: { bash: '5' },
  commandLine: '',
  memoryMib: 64,
  base: 'st-1',
};
const CASES = [
  ['a VM', VM, parseVmRecord],
  ['a state', STATE, parseNewState],
  ['an image', IMAGE, parseImageManifest],
] as const;

describe.each(CASES)('%s on disk', (_what, good, parse) => {
  it('is read as it was written', () => {
    expect(parse(structuredClone(good), 'It')).toEqual(good);
  });

  it('is damaged when a field is missing or of another kind', () => {
    for (const field of Object.keys(good)) {
      for (const bad of [undefined, true, -1.5]) {
        // What a record may lack, see below.
        if (['network', 'checkpoints', 'tags'].includes(field) && bad === undefined && good === VM) continue;
        if (field === 'isProtected' && bad === true) continue;
        expect(() => parse({ ...good, [field]: bad }, 'The record x'), `${field} = ${String(bad)}`).toThrow(
          expect.objectContaining({
            code: 'damaged',
            message: expect.stringMatching(/^The record x is damaged on disk \(.+\) and was not loaded\.$/s),
          }),
        );
      }
    }
  });

  it('is damaged when an id would be a path', () => {
    for (const id of ['../x', 'a/b', '', 'A']) expect(() => parse({ ...good, id }, 'It')).toThrow(FailureError);
  });

  it('is never anything but read or damaged', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          parse(value, 'It');
        } catch (caught) {
          expect(caught).toMatchObject({ code: 'damaged' });
        }
      }),
    );
  });
});

describe('a VM record', () => {
  it('from before there was a network has the default one', () => {
    const { network, ...earlier } = VM;
    expect(parseVmRecord(earlier, 'It').network).toEqual(network);
  });

  it('with network settings that are none is damaged, not opened up', () => {
    for (const change of [{ profile: 'everything' }, { rules: [{ action: 'maybe' }] }, { lan: 'A B' }]) {
      expect(() => parseVmRecord({ ...VM, network: { ...DEFAULT_NETWORK, ...change } }, 'It')).toThrow(
        expect.objectContaining({ code: 'damaged' }),
      );
    }
  });
});

describe('a state manifest', () => {
  const FORMAT_1 = { format: 1, ...STATE_FIELDS, pieceBytes: 1024, pieceSha256: [sha256] };

  it('of a library that had states as files is read, too', () => {
    expect(parseStateManifest(FORMAT_1, 'It')).toEqual({
      ...STATE,
      tags: [],
      data: { layout: 'file', pieceBytes: 1024, pieceSha256: [sha256] },
    });
  });

  it.each([
    ['pieces of no bytes', { pieceBytes: 0 }],
    ['hashes that are none', { pieceSha256: ['x'] }],
  ])('with %s is damaged', (_what, change) => {
    expect(() => parseStateManifest({ ...FORMAT_1, ...change }, 'It')).toThrow(
      expect.objectContaining({ code: 'damaged' }),
    );
  });

  it('of a newer Terrarium is no damage, but nothing that could be used', () => {
    expect(() => parseStateManifest({ format: 3, anything: 1 }, 'It')).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('Update Terrarium') }),
    );
  });
});
