import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IMPORT_MAX_BYTES } from '../shared/model/limits.ts';
import { checkImport, createExport, openImport } from './host-files.ts';

describe('host files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-host-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  async function sparse(name: string, sizeBytes: number): Promise<string> {
    const file = await open(at(name), 'w');
    await file.truncate(sizeBytes);
    await file.close();
    return at(name);
  }

  describe('importing', () => {
    it('says what a file is', async () => {
      await writeFile(at('notes.txt'), 'hello');
      expect(await checkImport(at('notes.txt'))).toEqual({ name: 'notes.txt', sizeBytes: 5 });
      await symlink('notes.txt', at('link'));
      expect(await checkImport(at('link'))).toEqual({ name: 'link', sizeBytes: 5 });
    });

    it('gives its bytes unchanged', async () => {
      for (const sizeBytes of [0, 1, 1024 * 1024, 2.5 * 1024 * 1024]) {
        const bytes = randomBytes(sizeBytes);
        await writeFile(at('file'), bytes);
        const { header, pieces } = await openImport(at('file'));
        const got: Uint8Array[] = [];
        for await (const piece of pieces) got.push(piece);
        expect(header.sizeBytes).toBe(sizeBytes);
        expect(Buffer.concat(got).equals(bytes)).toBe(true);
      }
    });

    it('refuses a folder and says what to do instead', async () => {
      await mkdir(at('photos'));
      await expect(checkImport(at('photos'))).rejects.toMatchObject({
        code: 'unsupported',
        message:
          '“photos” is a folder. Nothing was copied: pack it into one file first (for example as a .tar) and unpack it in the VM.',
      });
    });

    it('refuses a file of 5 GB by its size, without reading it', async () => {
      const file = await sparse('video.mkv', 5 * 1024 ** 3);
      for (const attempt of [checkImport(file), openImport(file)]) {
        await expect(attempt).rejects.toMatchObject({
          code: 'limit',
          message: expect.stringContaining('“video.mkv” is 5.0 GiB; a VM takes files up to 1 GiB'),
        });
      }
    });

    it('takes a file of exactly the limit, not one byte more', async () => {
      expect(await checkImport(await sparse('fits', IMPORT_MAX_BYTES))).toMatchObject({ sizeBytes: IMPORT_MAX_BYTES });
      await expect(checkImport(await sparse('larger', IMPORT_MAX_BYTES + 1))).rejects.toMatchObject({ code: 'limit' });
    });

    it('says that a file has vanished', async () => {
      await expect(checkImport(at('gone'))).rejects.toMatchObject({
        code: 'not-found',
        message: '“gone” does not exist any more. Nothing was copied.',
      });
      await symlink('nowhere', at('dangling'));
      await expect(openImport(at('dangling'))).rejects.toMatchObject({ code: 'not-found' });
    });

    it.skipIf(process.platform === 'win32')('refuses what is no file, without waiting for it', async () => {
      execFileSync('mkfifo', [at('pipe')]);
      await expect(openImport(at('pipe'))).rejects.toMatchObject({ code: 'unsupported' });
      await expect(checkImport('/dev/zero')).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('ends when the file shrinks while it is read, so that the VM notices', async () => {
      await writeFile(at('file'), new Uint8Array(3 * 1024 * 1024));
      const { header, pieces } = await openImport(at('file'));
      let seen = 0;
      for await (const piece of pieces) {
        seen += piece.byteLength;
        await truncate(at('file'), 1024 * 1024);
      }
      expect(seen).toBeLessThan(header.sizeBytes);
    });

    it('gives no more than was announced when the file grows', async () => {
      await writeFile(at('file'), 'hello');
      const { pieces } = await openImport(at('file'));
      await writeFile(at('file'), 'hello, longer');
      let text = '';
      for await (const piece of pieces) text += Buffer.from(piece).toString();
      expect(text).toBe('hello');
    });
  });

  describe('exporting', () => {
    it('leaves nothing beside a file when the process is told to end meanwhile', async () => {
      const script = `
        const { createExport } = await import(process.env.TEST_MODULE);
        const { readdirSync } = await import('node:fs');
        const sink = await createExport(process.env.TEST_FILE, 6);
        await sink.write(Buffer.from('new'));
        console.log(readdirSync(process.env.TEST_FOLDER).length);
        process.exit();
      `;
      const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        env: {
          ...process.env,
          TEST_MODULE: path.join(import.meta.dirname, 'host-files.ts'),
          TEST_FOLDER: folder,
          TEST_FILE: at('out'),
        },
      });
      expect([said.toString(), await readdir(folder)]).toEqual(['1\n', []]);
    });

    it('shows the file when it is whole, in place of an older one', async () => {
      await writeFile(at('out'), 'old');
      const sink = await createExport(at('out'), 6);
      await sink.write(Buffer.from('new'));
      expect(await readFile(at('out'), 'utf8')).toBe('old');
      await sink.write(Buffer.from('est'));
      expect(await sink.commit()).toEqual({ stateId: null });
      expect(await readFile(at('out'), 'utf8')).toBe('newest');
      expect(await readdir(folder)).toEqual(['out']);
    });

    it('leaves the older file and nothing else when it is given up', async () => {
      await writeFile(at('out'), 'old');
      const sink = await createExport(at('out'), 6);
      await sink.write(Buffer.from('new'));
      await sink.abort();
      expect(await readFile(at('out'), 'utf8')).toBe('old');
      expect(await readdir(folder)).toEqual(['out']);
    });

    it('refuses more and less than was announced', async () => {
      const more = await createExport(at('more'), 2);
      await expect(more.write(Buffer.from('abc'))).rejects.toMatchObject({ code: 'bad-input' });
      await more.abort();
      const less = await createExport(at('less'), 2);
      await less.write(Buffer.from('a'));
      await expect(less.commit()).rejects.toMatchObject({ code: 'io' });
      await less.abort();
      expect(await readdir(folder)).toEqual([]);
    });

    it('exports an empty file', async () => {
      await (await createExport(at('empty'), 0)).commit();
      expect(await readFile(at('empty'), 'utf8')).toBe('');
    });

    it('says so when the destination cannot be written', async () => {
      await mkdir(at('folder'));
      await writeFile(at('folder/inside'), 'x');
      const onto = await createExport(at('folder'), 1);
      await onto.write(Buffer.from('x'));
      await expect(onto.commit()).rejects.toThrow();
      expect(await readdir(folder)).toEqual(['folder']);
      await expect(createExport(at('nowhere/out'), 1)).rejects.toThrow();
    });

    it('keeps two exports to the same place apart', async () => {
      const [one, two] = [await createExport(at('out'), 3), await createExport(at('out'), 3)];
      await one.write(Buffer.from('111'));
      await two.write(Buffer.from('222'));
      await one.commit();
      expect(await readFile(at('out'), 'utf8')).toBe('111');
      await two.commit();
      expect(await readFile(at('out'), 'utf8')).toBe('222');
    });
  });
});
