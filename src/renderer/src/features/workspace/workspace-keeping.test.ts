import { describe, expect, it } from 'vitest';
import type { VmId } from '../../../../shared/model/ids.ts';
import { keptText, readKept } from './workspace-keeping.ts';
import { EMPTY_WORKSPACE, openTab } from './workspace-model.ts';

const model = openTab(EMPTY_WORKSPACE, { vmId: 'vm-a' as VmId, id: 'shell-1' });
const screens = [
  { id: 'shell-1', screen: 'one' },
  { id: 'shell-2', screen: 'x'.repeat(1000) },
] as const;

describe('what is kept of a workspace', () => {
  it('comes back with what its shells showed', () => {
    expect(readKept(keptText(model, screens, 1e6))).toEqual({ model, screens });
  });

  it('leaves out what does not fit, but never the layout', () => {
    expect(readKept(keptText(model, screens, 900))?.screens).toEqual([screens[0]]);
    expect(readKept(keptText(model, screens, 1))).toEqual({ model, screens: [] });
  });

  it('is nothing when it is damaged', () => {
    for (const text of ['', '{', '[]', '{"layout":{},"screens":[]}', '{"layout":null}'])
      expect(readKept(text)).toBe(null);
    expect(readKept(keptText(model, [{ id: 'shell-1', screen: 'x'.repeat(300_000) }], 1e6))).toBe(null);
  });
});
