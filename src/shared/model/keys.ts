import * as v from 'valibot';

/**
 * A key combination as Electron writes it: modifiers and one key with `+` between them, `CmdOrCtrl+Shift+P`. Modifiers are
 * `CmdOrCtrl`, `Ctrl`, `Alt`, `Shift`; the key is what `KeyboardEvent.code` names, without `Key` and `Digit`: `P`, `1`,
 * `F5`, `ArrowLeft`, `Comma`.
 */
export type KeyCombination = string;

const combination = v.pipe(v.string(), v.maxLength(60));

/** What a person set in place of a command's default keys, by the command's id; null takes its keys away. */
export const keyOverrides = v.pipe(
  v.record(v.pipe(v.string(), v.maxLength(60)), v.nullable(combination)),
  v.check((keys) => Object.keys(keys).length <= 300),
);
