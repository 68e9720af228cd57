import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { findCommand, incomplete } from './find-command.ts';

const find = (...args: string[]) => findCommand(COMMANDS, args);

describe('a command', () => {
  it('is found by its words; the rest is its own', () => {
    expect(find('image', 'list', '--json')).toMatchObject({ entry: { words: 'image list' }, args: ['--json'] });
    expect(find('relay', 'list')).toMatchObject({ entry: { words: 'relay' }, args: ['list'] });
  });

  it('may be a group, of which a part is missing', () => {
    const found = find('image', '--json');
    expect(found).toMatchObject({ kind: 'group', word: 'image' });
    if (found.kind !== 'group') throw new Error('not a group');
    expect(found.entries.map(({ words }) => words)).toContain('image build');
    expect(incomplete(found).message).toContain(
      'What to do with “image” is missing. There are: “terrarium image list”,',
    );
  });

  it('that does not exist is answered with the one that was probably meant', () => {
    expect(() => find('imgae')).toThrow('There is no command “imgae”. Did you mean “terrarium image”?');
    expect(() => find('imgae', 'lst')).toThrow('Did you mean “terrarium image list”?');
    expect(() => find('image', 'lst')).toThrow('no command “image lst”. Did you mean “terrarium image list”?');
    expect(() => find('kubernetes')).toThrow('no command “kubernetes”. Run “terrarium help” for what there is.');
    expect(() => find('image', 'polish')).toThrow('no command “image polish”. Run “terrarium help image” for');
    expect(() => find('')).toThrow('There is no command “”.');
    expect(() => find('constructor')).toThrow('There is no command');
  });
});

it('each has a module that says how it is used', async () => {
  for (const { words, summary, load } of COMMANDS) {
    const { help } = await load();
    expect(help.usage.startsWith(words)).toBe(true);
    expect(summary).not.toBe('');
    for (const option of Object.values(help.options)) expect(option.help).not.toBe('');
    for (const line of help.details.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  }
});
