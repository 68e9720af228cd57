import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCpio, type CpioEntry } from './cpio.ts';

interface Header {
  readonly mode: number;
  readonly nameBytes: number;
  readonly contentBytes: number;
  readonly major: number;
  readonly minor: number;
}

function readHeader(archive: Uint8Array, offset: number): Header {
  const text = new TextDecoder('latin1').decode(archive.subarray(offset, offset + 110));
  expect(text.slice(0, 6)).toBe('070701');
  const field = (index: number): number => {
    const digits = text.slice(6 + index * 8, 14 + index * 8);
    expect(digits).toMatch(/^[0-9a-f]{8}$/);
    return Number.parseInt(digits, 16);
  };
  return { mode: field(1), contentBytes: field(6), major: field(9), minor: field(10), nameBytes: field(11) };
}

/** Reads what the kernel's init/initramfs.c would read. */
function readCpio(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  const decode = (from: number, to: number): string => new TextDecoder().decode(archive.subarray(from, to));
  const align = (offset: number): number => Math.ceil(offset / 4) * 4;
  let offset = 0;
  for (;;) {
    const { mode, nameBytes, contentBytes, major, minor } = readHeader(archive, offset);
    const path = decode(offset + 110, offset + 110 + nameBytes - 1);
    expect(archive[offset + 110 + nameBytes - 1]).toBe(0);
    const from = align(offset + 110 + nameBytes);
    if (path === 'TRAILER!!!') return entries;
    const permissions = mode & 0o7777;
    const content = archive.slice(from, from + contentBytes);
    offset = align(from + contentBytes);
    switch (mode & 0o170000) {
      case 0o040000:
        entries.push({ kind: 'folder', path, permissions });
        break;
      case 0o100000:
        entries.push({ kind: 'file', path, permissions, content });
        break;
      case 0o120000:
        entries.push({ kind: 'symlink', path, permissions, target: new TextDecoder().decode(content) });
        break;
      case 0o020000:
        entries.push({ kind: 'device', path, permissions, major, minor });
        break;
      default:
        throw new Error(`unexpected mode ${mode.toString(8)}`);
    }
  }
}

const name = fc.stringMatching(/^[^\0/]{1,40}$/u).filter((text) => !['.', '..', 'TRAILER!!!'].includes(text));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const permissions = fc.integer({ min: 0, max: 0o7777 });
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ kind: fc.constant('folder' as const), path, permissions }),
  fc.record({ kind: fc.constant('file' as const), path, permissions, content: fc.uint8Array({ maxLength: 5000 }) }),
  fc.record({ kind: fc.constant('symlink' as const), path, permissions, target: path }),
  fc.record({
    kind: fc.constant('device' as const),
    path,
    permissions,
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 0xfffff }),
  }),
);

describe('writeCpio', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const archive = writeCpio(entries);
        expect(archive.length % 512).toBe(0);
        expect(readCpio(archive)).toEqual(entries);
      }),
    );
  });

  it('writes the header of a file field by field', () => {
    const archive = writeCpio([{ kind: 'file', path: 'init', permissions: 0o755, content: new Uint8Array([1, 2, 3]) }]);
    const text = new TextDecoder('latin1').decode(archive.subarray(0, 115));
    expect(text).toBe(
      '070701' +
        '00000001' + // inode
        '000081ed' + // a file, rwxr-xr-x
        '00000000' + // user
        '00000000' + // group
        '00000001' + // links
        '00000000' + // time
        '00000003' + // size
        '00000000' +
        '00000000' +
        '00000000' +
        '00000000' +
        '00000005' + // "init" and its zero
        '00000000' +
        'init\0',
    );
  });

  it.each(['/init', '', 'a\0b'])('refuses the path %j', (bad) => {
    expect(() => writeCpio([{ kind: 'folder', path: bad, permissions: 0o755 }])).toThrow(RangeError);
  });

  it.skipIf(spawnSync('cpio', ['--version']).error !== undefined)('is read by the cpio program', () => {
    const archive = writeCpio([
      { kind: 'folder', path: 'bin', permissions: 0o755 },
      { kind: 'file', path: 'bin/tool', permissions: 0o755, content: new Uint8Array(7) },
      { kind: 'symlink', path: 'bin/sh', permissions: 0o777, target: 'tool' },
    ]);
    const listing = execFileSync('cpio', ['-t', '--quiet'], { input: archive, encoding: 'utf8' });
    expect(listing).toBe('bin\nbin/tool\nbin/sh\n');
  });
});
