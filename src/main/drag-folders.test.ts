import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTransferSink } from '../library/host-transfer.ts';
import { DRAG_MAX_BYTES } from '../shared/model/limits.ts';
import { DragFolders } from './drag-folders.ts';
import { FileTokens } from './file-tokens.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'terrarium-drags-'));
});
afterEach(() => rm(parent, { recursive: true }));

function create() {
  let count = 0;
  const randomHex = (): string => (count += 1).toString(16).padStart(32, '0');
  const root = path.join(parent, 'dragged');
  const tokens = new FileTokens(randomHex);
  const begun: (readonly string[])[] = [];
  const drags = new DragFolders({ root, tokens, randomHex, startDrag: (files) => begun.push(files) });
  const pathOf = (token: string): string => tokens.take('export', token) ?? '';
  return { root, drags, begun, pathOf };
}

describe('files that are dragged out', () => {
  it('lie in a folder of their own that only this person reads, under names that stay in it', async () => {
    const { root, drags, begun, pathOf } = create();
    const { token, targets } = await drags.open([
      '../../evil',
      'A.txt',
      'a.TXT',
      '..',
      'x\u202egpj.exe',
      '/etc/passwd',
    ]);
    expect(targets.map(({ name }) => name)).toEqual(['evil', 'A.txt', 'a 2.TXT', 'file', 'x_gpj.exe', 'passwd']);
    const files = targets.map((target) => pathOf(target.token));
    const [folder = ''] = files.map((file) => path.dirname(file));
    expect(new Set(files.map((file) => path.dirname(file)))).toEqual(new Set([folder]));
    expect(path.dirname(folder)).toBe(root);
    for (const made of [root, folder]) expect((await stat(made)).mode & 0o777).toBe(0o700);

    // Nothing is dragged before all of it is there.
    for (const file of files.slice(1)) await writeFile(file, '');
    await expect(drags.start(token)).rejects.toThrow(/not there any more/);
    await writeFile(files[0] ?? '', '');
    await drags.start(token);
    expect(begun).toEqual([files]);

    await drags.clear();
    expect(await readdir(parent)).toEqual([]);
    await expect(drags.start(token)).rejects.toThrow(/not there any more/);
  });

  it('are bounded together, before a byte is written', async () => {
    const { drags, pathOf } = create();
    const { targets } = await drags.open(['a', 'b']);
    const [first = '', second = ''] = targets.map(({ token }) => token);
    const sinkOf = async (token: string, sizeBytes: number) => {
      const transfer = drags.bounded(token, { path: pathOf(token) });
      if (transfer === null) throw new Error('no transfer');
      return createTransferSink(transfer, sizeBytes);
    };
    await (await sinkOf(first, DRAG_MAX_BYTES - 10)).abort();
    await expect(sinkOf(second, 11)).rejects.toMatchObject({ code: 'limit' });
    // Another copy is none of its business.
    const other = { path: path.join(parent, 'other') };
    expect(drags.bounded('f'.repeat(32), other)).toBe(other);
  });

  it('do not pile up: those of old drags go', async () => {
    const { root, drags } = create();
    const tokens: string[] = [];
    for (let count = 0; count < 10; count += 1) tokens.push((await drags.open(['a'])).token);
    expect(await readdir(root)).toHaveLength(4);
    await expect(drags.start(tokens[0] ?? '')).rejects.toThrow(/not there any more/);
  });
});
