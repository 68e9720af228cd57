import { expect, it } from 'vitest';
import { shortcutGroups } from './help-shortcuts.ts';

it('lists the keys as they are now', () => {
  const all = (overrides: Record<string, string | null>): readonly string[] =>
    shortcutGroups(overrides).flatMap(({ shortcuts }) => shortcuts.map(({ title, keys }) => `${title} ${keys}`));
  expect(all({})).toEqual(
    expect.arrayContaining(['Help F1', 'Copy from the terminal CmdOrCtrl+Shift+C', 'New VM… CmdOrCtrl+Shift+N']),
  );
  expect(all({ 'app.help': 'F2' })).toContain('Help F2');
  expect(all({ 'app.help': null }).some((line) => line.startsWith('Help '))).toBe(false);
});
