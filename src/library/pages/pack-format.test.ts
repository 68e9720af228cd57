import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../shared/result.ts';
import { PACK_FOOTER_BYTES, PACK_HEADER_BYTES, PACK_PAGES_MAX } from './pack-format.ts';
import { hashOf, packFileOf, packId, tablesOf, tablesOfFile } from './pack.fixture.ts';

const pagesOfPack = fc.array(fc.option(fc.nat(1000), { freq: 3 }), { maxLength: 60 });

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (cause) {
    if (cause instanceof FailureError) return cause.code;
    throw cause;
  }
}

/** With the footer's checksum made right again, as only a program does that means it. */
function resealed(file: Buffer, change: (file: Buffer) => void): Buffer {
  const changed = Buffer.from(file);
  const tablesOffset = file.readUInt32LE(file.byteLength - PACK_FOOTER_BYTES + 20);
  change(changed);
  const hash = createHash('sha256')
    .update(changed.subarray(0, PACK_HEADER_BYTES))
    .update(changed.subarray(tablesOffset, changed.byteLength - 32))
    .digest();
  hash.copy(changed, changed.byteLength - 32);
  return changed;
}

describe('the tables of a pack', () => {
  it('say what was written of each page and block', () => {
    fc.assert(
      fc.property(pagesOfPack, fc.nat(1000), (pages, generation) => {
        const file = packFileOf(packId(77), pages, generation);
        const tables = tablesOfFile(file);
        expect(tables).toMatchObject({ id: packId(77), generation, pageCount: pages.length });
        expect(tables.fileBytes).toBe(file.byteLength);
        for (const [index, page] of pages.entries()) {
          expect(tables.isDropped(index)).toBe(page === null);
          const hash = page === null ? new Uint8Array(32) : hashOf(page);
          expect(Buffer.compare(tables.hash(index), hash)).toBe(0);
          expect(tables.hasHash(index, Buffer.concat([Buffer.of(9), hash]), 1)).toBe(true);
          expect(tables.hasHash(index, hashOf(5000), 0)).toBe(false);
          expect(tables.hashStart(index)).toBe(Buffer.from(hash).readUInt32LE(0));
          const first = index - (index % 16);
          const before = pages.slice(first, index).filter((other) => other !== null);
          if (page !== null) expect(tables.rank(index)).toBe(before.length);
          const live = pages.slice(first, first + 16).filter((other) => other !== null);
          expect(tables.livePages(Math.floor(index / 16))).toBe(live.length);
          expect(tables.block(Math.floor(index / 16)).storedBytes).toBe(live.length * 400);
        }
      }),
    );
  });

  it('are refused with any single bit of header, tables or footer flipped', () => {
    const file = packFileOf(packId(1), [1, 2, null, ...Array.from({ length: 30 }, (_, index) => index)]);
    const tablesOffset = file.readUInt32LE(file.byteLength - PACK_FOOTER_BYTES + 20);
    const bits = [...Array(8 * file.byteLength).keys()].filter((bit) => {
      const at = Math.floor(bit / 8);
      return at < PACK_HEADER_BYTES || at >= tablesOffset;
    });
    expect(bits.length).toBeGreaterThan(8 * 1000);
    for (const bit of bits) {
      const at = Math.floor(bit / 8);
      file[at] = (file[at] ?? 0) ^ (1 << (bit % 8));
      expect(['damaged', 'unsupported'], `bit ${bit}`).toContain(codeOf(() => tablesOfFile(file)));
      file[at] = (file[at] ?? 0) ^ (1 << (bit % 8));
    }
    expect(codeOf(() => tablesOfFile(file))).toBe('read');
  });

  it('are refused when the file was cut or grew', () => {
    const file = packFileOf(packId(1), [1, 2, 3]);
    for (const changed of [
      file.subarray(1),
      file.subarray(0, -1),
      file.subarray(0, 64),
      Buffer.concat([file, file]),
      Buffer.concat([Buffer.alloc(1), file]),
    ]) {
      expect(codeOf(() => tablesOfFile(changed))).toBe('damaged');
    }
  });

  it('are refused when they are impossible, also with a right checksum', () => {
    const file = packFileOf(packId(1), [...Array(20).keys()]);
    const tablesOffset = file.readUInt32LE(file.byteLength - PACK_FOOTER_BYTES + 20);
    const footer = file.byteLength - PACK_FOOTER_BYTES;
    const changes: Record<string, (file: Buffer) => void> = {
      'more blocks than pages': (f) => f.writeUInt32LE(3, footer + 12),
      'a count near the end of the range': (f) => f.writeUInt32LE(0xffff_ffff, footer + 12),
      'more pages than a pack has': (f) => f.writeUInt32LE(PACK_PAGES_MAX + 1, footer + 16),
      'more pages than there is room for': (f) => f.writeUInt32LE(21, footer + 16),
      'tables elsewhere': (f) => f.writeUInt32LE(tablesOffset + 1, footer + 20),
      'a block in the tables': (f) => f.writeUInt32LE(tablesOffset, tablesOffset + 48),
      'blocks on top of each other': (f) => f.writeUInt32LE(PACK_HEADER_BYTES, tablesOffset + 48),
      'a block longer than its pages': (f) => f.writeUInt32LE(65_537, tablesOffset + 4),
      'a block of nothing': (f) => f.writeUInt32LE(0, tablesOffset + 4),
      'a block that grows too much': (f) => f.writeUInt32LE(0xffff_f000, tablesOffset + 8),
      'a block that is not whole pages': (f) => f.writeUInt32LE(65_535, tablesOffset + 8),
      'an unknown codec': (f) => f.writeUInt32LE(2, tablesOffset + 12),
      'a page too few': (f) => f.fill(0, tablesOffset + 96, tablesOffset + 128),
      'another beginning': (f) => f.write('TERRPMAP', 0),
      'another end': (f) => f.write('TERRPACK', footer),
    };
    for (const [what, change] of Object.entries(changes)) {
      expect(
        codeOf(() => tablesOfFile(resealed(file, change))),
        what,
      ).toBe('damaged');
    }
    expect(codeOf(() => tablesOfFile(resealed(file, () => undefined)))).toBe('read');
    expect(codeOf(() => tablesOfFile(resealed(file, (f) => f.writeUInt32LE(2, 8))))).toBe('unsupported');
    expect(codeOf(() => tablesOfFile(resealed(file, (f) => f.writeUInt32LE(2, footer + 8))))).toBe('unsupported');
  });

  it('of a pack without any page, and of a full one, are read', () => {
    expect(tablesOf(packId(1), [])).toMatchObject({ pageCount: 0, blockCount: 0 });
    expect(tablesOf(packId(1), [null, null])).toMatchObject({ pageCount: 2, blockCount: 1 });
    const full = tablesOf(packId(1), [...Array(PACK_PAGES_MAX).keys()]);
    expect(full).toMatchObject({ pageCount: PACK_PAGES_MAX, blockCount: 1024 });
    expect(full.rank(PACK_PAGES_MAX - 1)).toBe(15);
  });

  it('are refused in bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 100, maxLength: 600 }), (bytes) => {
        expect(codeOf(() => tablesOfFile(Buffer.from(bytes)))).toBe('damaged');
      }),
    );
  });
});
