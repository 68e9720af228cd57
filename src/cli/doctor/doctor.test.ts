import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeSpace } from './check-folders.ts';
import { checkNode } from './check-program.ts';
import { presentElectron, stockElectronFits, stockElectronFolder } from './electron-present.ts';

describe('the doctor', () => {
  it('wants a Node that the program runs on', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.0']) expect(checkNode(version).level).toBe('ok');
    for (const version of ['20.18.3', '18.20.0', '9.0.0']) expect(checkNode(version).level).toBe('problem');
  });

  it.each([
    [1e6, 'problem'],
    [1e9, 'warning'],
    [1e12, 'ok'],
  ])('judges %s free bytes as %s', (freeBytes, level) => {
    expect(freeSpace('library', 'The library', '/x', freeBytes, 'or move it')).toMatchObject({
      check: 'library',
      level,
    });
  });
});

describe('the Electron that is there', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-electron-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (name: string, content: string): Promise<string> => {
    const full = path.join(folder, name);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, content);
    return full;
  };
  const present = (env: NodeJS.ProcessEnv = {}) => presentElectron({ cacheRoot: folder, packageFolder: folder }, env);
  const install = async (version: string) => {
    await file('node_modules/electron/path.txt', 'electron\n');
    await file('node_modules/electron/package.json', '{"version":"45.1.0"}');
    await file('node_modules/electron/dist/version', version);
    await file('node_modules/electron/dist/electron', '');
  };

  it('may be none', async () => {
    expect(await present()).toBeNull();
  });

  it('is the installed one when it is complete and of the package’s version', async () => {
    await install('v45.1.0\n');
    expect(await present()).toMatchObject({ source: 'installed', version: '45.1.0' });
    await install('44.0.0');
    expect(await present()).toBeNull();
  });

  it('is the stock one in the cache where there is no other', async () => {
    const electron = await file(path.relative(folder, path.join(stockElectronFolder(folder), 'electron')), '');
    expect(await present()).toEqual(
      stockElectronFits() ? expect.objectContaining({ source: 'stock', electronPath: electron }) : null,
    );
  });

  it('is what the person says, which must exist', async () => {
    await install('45.1.0');
    const mine = await file('mine/electron', '');
    await file('mine/version', '33.0.0');
    expect(await present({ TERRARIUM_ELECTRON: mine })).toMatchObject({ source: 'override', version: '33.0.0' });
    await expect(present({ TERRARIUM_ELECTRON: '/nowhere' })).rejects.toThrow('TERRARIUM_ELECTRON names /nowhere');
  });
});
