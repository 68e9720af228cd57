import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../../shared/model/settings.ts';
import { TerminalDesk } from './terminal-desk.svelte.ts';

function setUp() {
  const patches: Partial<Settings>[] = [];
  const desk = new TerminalDesk({
    notices: { success: () => undefined, failure: () => undefined },
    settings: {
      current: DEFAULT_SETTINGS,
      set: (patch) => {
        patches.push(patch);
        return Promise.resolve();
      },
    },
    openLink: () => undefined,
  });
  return { desk, patches };
}

const question = { lineCount: 2, sizeBytes: 10, firstLines: ['a', 'b'], removedCount: 0 };

describe('TerminalDesk', () => {
  it('asks about one paste at a time; one that is not answered is not made', async () => {
    const { desk } = setUp();
    const around = desk.forVm(() => 'one');
    const first = around.confirmPaste(question);
    const second = around.confirmPaste({ ...question, lineCount: 3 });
    await expect(first).resolves.toBe(false);
    expect(desk.paste?.lineCount).toBe(3);
    desk.paste?.answer(true);
    await expect(second).resolves.toBe(true);
    expect(desk.paste).toBeNull();
  });

  it('keeps one question about the clipboard for each VM', () => {
    const { desk } = setUp();
    const [one, other] = [desk.forVm(() => 'one'), desk.forVm(() => 'other')];
    one.clipboardGate.request('a', true);
    other.clipboardGate.request('b', true);
    one.clipboardGate.request('c', true);
    expect(desk.clipboard).toMatchObject({ vmName: 'other', text: 'b' });
    desk.clipboard?.answer('deny');
    expect(desk.clipboard).toMatchObject({ vmName: 'one', text: 'c' });
    desk.clipboard?.answer('deny');
    one.clipboardGate.request('d', true);
    expect(desk.clipboard).toBeNull();
  });

  it('stops warning where a person says so', () => {
    const { desk, patches } = setUp();
    desk.stopWarning();
    expect(patches).toEqual([{ warnBeforePaste: false }]);
  });
});
