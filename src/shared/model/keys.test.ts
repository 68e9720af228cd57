import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { COMMAND_IDS, COMMANDS } from './commands.ts';
import { acceleratorOf, keyOverrides, mayBeCommand, parseKeys, writeKeys } from './keys.ts';

describe('key combinations', () => {
  it('are read and written alike', () => {
    const keys = fc.record(
      {
        cmdOrCtrl: fc.boolean(),
        ctrl: fc.boolean(),
        alt: fc.boolean(),
        shift: fc.boolean(),
        key: fc.constantFrom('A', 'Z', '0', 'F1', 'F24', 'ArrowLeft', 'Comma', 'Enter', 'Minus'),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(keys, (given) => {
        expect(parseKeys(writeKeys(given))).toEqual(given);
      }),
    );
  });

  it.each(['', 'Shift', 'A+B', 'Shift+', 'shift+A', 'Shift+Shift+A', 'F25', 'Meta+A', 'constructor', 'a'])(
    'does not take “%s” for one',
    (text) => expect(parseKeys(text)).toBeNull(),
  );

  it('never throws, whatever is stored', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseKeys(text)));
  });

  it.each([
    ['CmdOrCtrl+Comma', 'CmdOrCtrl+,'],
    ['CmdOrCtrl+Alt+ArrowDown', 'CmdOrCtrl+Alt+Down'],
    ['F1', 'F1'],
  ])('%s is %s in a menu', (keys, accelerator) => expect(acceleratorOf(keys)).toBe(accelerator));

  it('are refused in settings where they are none', () => {
    expect(v.safeParse(keyOverrides, { 'app.help': 'F2', 'app.palette': null }).success).toBe(true);
    expect(v.safeParse(keyOverrides, { 'app.help': 'Nonsense' }).success).toBe(false);
  });

  it('leave typing alone', () => {
    for (const [text, may] of [
      ['A', false],
      ['Shift+A', false],
      ['Enter', false],
      ['Shift+Tab', false],
      ['Shift+Home', true],
      ['F2', true],
      ['Alt+1', true],
      ['CmdOrCtrl+S', true],
    ] as const) {
      expect(mayBeCommand(parseKeys(text)!), text).toBe(may);
    }
  });
});

describe('the commands’ own keys', () => {
  const own = COMMAND_IDS.flatMap((id) => (COMMANDS[id].keys === null ? [] : [{ id, keys: COMMANDS[id].keys }]));

  it('are combinations a command may have', () => {
    for (const { id, keys } of own) {
      const parsed = parseKeys(keys);
      expect(parsed !== null && mayBeCommand(parsed) && writeKeys(parsed) === keys, id).toBe(true);
    }
  });

  it('are each for one command', () => {
    expect(new Set(own.map(({ keys }) => keys)).size).toBe(own.length);
  });
});
