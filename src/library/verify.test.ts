import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import type { VerifyProgress } from './verify.ts';

describe('verifying the library', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  let vm: VmRecord;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    vm = await test.newVm(image, 'web');
  });
  afterEach(() => test.dispose());

  async function flipBit(file: string, offset = 0): Promise<void> {
    const bytes = await readFile(file);
    bytes[offset] = bytes[offset]! ^ 1;
    // Replaced, not written into: the test that runs beside may have the same file by another name.
    await rm(file);
    await writeFile(file, bytes);
  }

  it('reads every byte, and tells how far it is', async () => {
    await test.save(image, vm, 'snapshot');
    await test.addImage('other');
    const progress: VerifyProgress[] = [];
    const report = await test.library.verify({ onProgress: (step) => progress.push(step) });
    // Of two images: bios, VGA bios and kernel are shared, a file and a list of files are not.
    expect(report).toMatchObject({ stateCount: 3, imageCount: 2, fileCount: 7, damage: [] });
    expect(report.readBytes).toBeGreaterThan(9);
    for (const [index, { doneBytes, totalBytes }] of progress.entries()) {
      expect(doneBytes).toBeGreaterThanOrEqual(progress[index - 1]?.doneBytes ?? 0);
      expect(totalBytes).toBeGreaterThanOrEqual(doneBytes);
    }
    expect(progress.at(-1)?.doneBytes).toBe(progress.at(-1)?.totalBytes);
  });

  it('finds one flipped bit in any of them, and says what needs it', async () => {
    const snapshot = await test.save(image, vm, 'snapshot', 'before');
    const head = await test.save(image, vm, 'head');
    await flipBit(test.stateFile(snapshot, 'pages.map'), 20);
    await flipBit(test.stateFile(head, 'pages.map'));
    await flipBit(test.stateFile({ id: image.base }, 'pages.map'));
    await flipBit(test.blobFile(image.kernel.bzImage));
    const { damage } = await test.library.verify();
    expect(damage).toEqual(
      expect.arrayContaining([
        {
          kind: 'snapshot',
          id: snapshot.id,
          name: 'before',
          message: expect.stringContaining('“before” has a damaged page map'),
          neededBy: [],
        },
        expect.objectContaining({ kind: 'head', id: head.id, neededBy: ['VM “web”'] }),
        expect.objectContaining({ kind: 'base', id: image.base, neededBy: ['image “tiny”'] }),
        {
          kind: 'image',
          id: image.id,
          name: 'tiny',
          message: expect.stringMatching(
            /^1 of 5 files of the image “tiny” are damaged or missing \(\w{12}…\)\. Rebuild/,
          ),
          neededBy: ['VM “web”', 'snapshot “before”'],
        },
      ]),
    );
    expect(damage.length).toBe(4);
  });

  it('names all states that share a damaged page, and what needs them', async () => {
    const snapshot = await test.save(image, vm, 'snapshot', 'before');
    const head = await test.save(image, vm, 'head');
    const packs = path.join(test.home, 'packs');
    const [pack = ''] = await readdir(packs);
    // In its only block, behind the header.
    await flipBit(path.join(packs, pack), 40);
    const { damage } = await test.library.verify();
    expect(damage.map(({ id }) => id).sort()).toEqual([snapshot.id, head.id, image.base].sort());
    for (const { message } of damage) expect(message).toContain('is damaged on disk (1 of its 1 pages)');
    // What is saved from now on is whole.
    const next = await test.save(image, vm, 'head');
    expect((await test.library.verify({ only: next.id })).damage).toEqual([]);
  });

  it('finds what is cut short, lost, or in place of something else', async () => {
    const [short, lost, unread] = [
      await test.save(image, vm, 'snapshot', 'short'),
      await test.save(image, vm, 'snapshot', 'lost'),
      await test.save(image, vm, 'snapshot', 'unread'),
    ];
    await truncate(test.stateFile(short, 'pages.map'), 1);
    await rm(test.stateFile(lost, 'pages.map'));
    await damageRecord(test.stateFile(unread, 'manifest.json'));
    await damageRecord(test.vmFile(vm));
    await rm(test.blobFile(image.bios));
    await rm(test.blobFile(image.vgaBios));
    await mkdir(test.blobFile(image.vgaBios));
    const { damage } = await test.library.verify();
    expect(damage.map(({ kind, id, name }) => [kind, id, name]).sort()).toEqual(
      [
        ['record', '', ''],
        ['state', unread.id, ''],
        ['snapshot', short.id, 'short'],
        ['snapshot', lost.id, 'lost'],
        ['image', image.id, 'tiny'],
      ].sort(),
    );
    expect(damage.find(({ kind }) => kind === 'image')?.message).toContain('2 of 5 files');
    expect(damage.find(({ id }) => id === lost.id)?.message).toContain('has lost its page map');
  });

  it('names an image whose list of files is damaged, and goes on with the others', async () => {
    const other = await test.addImage('other');
    await flipBit(test.blobFile(image.fsJson));
    await rm(test.blobFile(other.kernel.bzImage));
    const { damage } = await test.library.verify();
    expect(damage.map(({ name }) => name).sort()).toEqual(['other', 'tiny']);
    expect(damage.find(({ name }) => name === 'tiny')?.message).toContain('The list of files of the image “tiny”');
  });

  it('checks one state alone when asked', async () => {
    const [good, bad] = [await test.save(image, vm, 'snapshot', 'good'), await test.save(image, vm, 'snapshot', 'bad')];
    await flipBit(test.stateFile(bad, 'pages.map'));
    await rm(test.blobFile(image.bios));
    const report = await test.library.verify({ only: good.id });
    expect(report).toMatchObject({ stateCount: 1, imageCount: 0, fileCount: 0, damage: [] });
    // One block with one page, which is nearly all zeros.
    expect(report.readBytes).toBeGreaterThan(0);
    expect(report.readBytes).toBeLessThan(100);
    expect((await test.library.verify({ only: bad.id })).damage).toMatchObject([{ id: bad.id, name: 'bad' }]);
    await damageRecord(test.stateFile(bad, 'manifest.json'));
    expect((await test.library.verify({ only: bad.id })).damage).toMatchObject([{ kind: 'state', id: bad.id }]);
    await expect(test.library.verify({ only: 'st-none' as StateId })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not miss what is deleted meanwhile', async () => {
    const other = await test.addImage('other');
    const snapshot = await test.save(image, vm, 'snapshot', 'gone');
    const deleting: Promise<unknown>[] = [];
    const { damage } = await test.library.verify({
      onProgress: () => {
        if (deleting.length > 0) return;
        deleting.push(
          test.library.deleteSnapshot(snapshot.id),
          test.library.deleteImage(other.id),
          test.save(image, vm, 'head'),
        );
      },
    });
    expect((await Promise.all(deleting)).length).toBe(3);
    expect(damage).toEqual([]);
  });

  it('stops when asked', async () => {
    const cancel = new AbortController();
    const checking = test.library.verify({ signal: cancel.signal, onProgress: () => cancel.abort() });
    await expect(checking).rejects.toMatchObject({ code: 'cancelled' });
  });
});
