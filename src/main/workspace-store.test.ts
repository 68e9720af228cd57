import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVmId, type VmId } from '../shared/model/ids.ts';
import { unwrap } from '../shared/result.ts';
import { WorkspaceStore } from './workspace-store.ts';

describe('what is kept of the terminals’ layout', () => {
  let home = '';
  let store: WorkspaceStore;
  const id = (text: string): VmId => unwrap(parseVmId(text));
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'terrarium-workspaces-'));
    store = new WorkspaceStore(home);
  });
  afterEach(() => rm(home, { recursive: true }));

  it('is given back, the last of several at once', async () => {
    expect(await store.get(id('vm-a'))).toBe(null);
    await Promise.all(['1', '2', '3'].map((text) => store.set(id('vm-a'), text)));
    expect(await store.get(id('vm-a'))).toBe('3');
    expect(await store.get(id('vm-b'))).toBe(null);
  });

  it('goes with its VM, and so does what does not belong there', async () => {
    await store.prune([]);
    await store.set(id('vm-a'), 'a');
    await store.set(id('vm-b'), 'b');
    await writeFile(path.join(home, 'workspaces', 'stray.txt'), '');
    await store.prune([id('vm-b')]);
    expect(await readdir(path.join(home, 'workspaces'))).toEqual(['vm-b.json']);
  });
});
