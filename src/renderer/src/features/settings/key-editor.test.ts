import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../../shared/model/settings.ts';
import type { KeyPress } from '../../app/commands/pressed-keys.ts';
import { KeyEditor } from './key-editor.svelte.ts';

const press = (code: string, key: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  code,
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...modifiers,
});

function editor() {
  const settings = {
    current: DEFAULT_SETTINGS,
    set(patch: Partial<Settings>) {
      this.current = { ...this.current, ...patch };
      return Promise.resolve();
    },
  };
  const made = new KeyEditor(settings, false);
  return { settings, made, row: (id: string) => made.rows('').find((row) => row.id === id) };
}

describe('the keys editor', () => {
  it('takes the keys that are pressed', () => {
    const { made, settings, row } = editor();
    made.record('app.help');
    made.press(press('ShiftLeft', 'Shift', { shiftKey: true, ctrlKey: true }));
    expect(made.recording).toBe('app.help');
    made.press(press('KeyH', 'H', { shiftKey: true, ctrlKey: true }));
    expect(made.recording).toBeNull();
    expect(settings.current.keys).toEqual({ 'app.help': 'CmdOrCtrl+Shift+H' });
    expect(row('app.help')).toMatchObject({ words: 'Ctrl+Shift+H', isChanged: true, remark: null });
    made.reset('app.help');
    expect(settings.current.keys).toEqual({});
  });

  it('refuses what types, and what terminals have, in words', () => {
    const { made, settings } = editor();
    made.record('app.help');
    made.press(press('KeyH', 'h'));
    expect(made.refusal).toContain('Control or Alt');
    made.press(press('KeyC', 'C', { shiftKey: true, ctrlKey: true }));
    expect(made.refusal).toContain('Copying');
    expect(made.recording).toBe('app.help');
    made.press(press('Escape', 'Escape'));
    expect([made.recording, made.refusal]).toEqual([null, null]);
    expect(settings.current.keys).toEqual({});
  });

  it('says which commands have the same keys', () => {
    const { made, row } = editor();
    made.record('app.help');
    made.press(press('KeyP', 'P', { shiftKey: true, ctrlKey: true }));
    expect(row('app.help')?.remark).toEqual({
      isConflict: true,
      text: 'Also the keys of “Command palette…”. The first in this list gets them.',
    });
    made.remove('app.palette');
    expect(row('app.help')?.remark).toBeNull();
    expect(row('app.palette')?.words).toBe('none');
  });

  it('says which keys are the guest’s in a terminal', () => {
    expect(editor().row('snapshot.save')?.remark).toEqual({
      isConflict: false,
      text: 'In a terminal these keys go to the VM.',
    });
  });
});
