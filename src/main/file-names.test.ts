import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeHostPath, hostFileName } from './file-names.ts';

describe('names of files that come out of a guest', () => {
  it('are plain parts of a path, whatever the guest calls its files', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '.', '/', '\\', 'CON', 'a:b', '\u202egpj.exe', '\n', '\0', ' ', 'é'.repeat(300)),
    );
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (name) => {
          const safe = hostFileName(name);
          expect(safe).toBe(path.basename(safe));
          expect(safe).not.toMatch(/^$|^\.+$|[\\/:*?"<>|\p{C}]|[ .]$/u);
          expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(201);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stay what they are where nothing is wrong with them', () => {
    for (const name of ['notes.txt', '.profile', '报告.pdf', 'a b.tar.gz']) expect(hostFileName(name)).toBe(name);
    expect(hostFileName('/root/notes.txt')).toBe('notes.txt');
    expect(hostFileName('nul.txt')).toBe('_nul.txt');
    expect(hostFileName('..')).toBe('file');
  });

  it('get a number before their ending where something is already', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-names-'));
    try {
      expect(await freeHostPath(folder, 'a.tar.gz')).toBe(path.join(folder, 'a.tar.gz'));
      await writeFile(path.join(folder, 'a.tar.gz'), '');
      await writeFile(path.join(folder, '.profile'), '');
      expect(await freeHostPath(folder, 'a.tar.gz')).toBe(path.join(folder, 'a 2.tar.gz'));
      expect(await freeHostPath(folder, '.profile')).toBe(path.join(folder, '.profile 2'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
