import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSealed, seal, unseal, writeSealed } from './sealed-json.ts';

describe('sealed JSON', () => {
  it('gives back any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(unseal(seal(value), 'It')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('detects any flipped bit', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(), (value, at) => {
        const bytes = Buffer.from(seal(value), 'utf8');
        const bit = at % (8 * bytes.byteLength);
        bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
        expect(() => unseal(bytes.toString('utf8'), 'The VM vm-1')).toThrow(
          expect.objectContaining({
            code: 'damaged',
            message: 'The VM vm-1 is damaged on disk (its checksum does not match) and was not loaded.',
          }),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('detects that it was cut off, anywhere, or that something follows', () => {
    const sealed = seal({ name: 'ä name', list: [1, 2, 3] });
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => unseal(sealed.slice(0, length), 'It')).toThrow('damaged');
    expect(() => unseal(`${sealed}\n`, 'It')).toThrow('damaged');
    expect(() => unseal(`${sealed}${sealed}`, 'It')).toThrow('damaged');
  });

  it('is damaged, nothing worse, for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => unseal(text, 'It')).toThrow(expect.objectContaining({ code: 'damaged' }));
      }),
    );
  });
});

describe('sealed files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-sealed-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('are replaced whole and leave nothing beside them', async () => {
    const file = path.join(folder, 'a.json');
    await writeSealed(file, { version: 1 });
    await writeSealed(file, { version: 2 });
    expect(await readSealed(file, 'It')).toEqual({ version: 2 });
    expect(await readdir(folder)).toEqual(['a.json']);
    expect(await readFile(file, 'utf8')).toMatch(/^\{"sha256":"[0-9a-f]{64}","value":\{"version":2\}\}\n$/);
  });

  it('can be written by two at once: one of them wins, both succeed', async () => {
    const file = path.join(folder, 'a.json');
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([1, 2, 3].map((version) => writeSealed(file, { version })));
      expect([1, 2, 3]).toContain(((await readSealed(file, 'It')) as { version: number }).version);
    }
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('are null when missing, and a failure when unreadable', async () => {
    expect(await readSealed(path.join(folder, 'none.json'), 'It')).toBeNull();
    await mkdir(path.join(folder, 'dir.json'));
    await expect(readSealed(path.join(folder, 'dir.json'), 'It')).rejects.toMatchObject({ code: 'io' });
    await writeFile(path.join(folder, 'x.json'), '{}');
    await expect(readSealed(path.join(folder, 'x.json'), 'It')).rejects.toMatchObject({ code: 'damaged' });
  });

  it('keep the old content when the folder is gone', async () => {
    await expect(writeSealed(path.join(folder, 'gone', 'a.json'), 1)).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });
});
