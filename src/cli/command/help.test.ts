import { expect, it } from 'vitest';
import { commandHelp, overview } from './help.ts';

it('lines options up and breaks long lines', () => {
  const options = {
    name: { kind: 'value', value: 'NAME', help: 'what it is called' },
    env: { kind: 'values', value: 'K=V', help: `${'word '.repeat(30)}end` },
    json: { kind: 'flag', help: 'JSON' },
  } as const;
  const text = commandHelp({ usage: 'image build RECIPE', options, details: '\nMore about it.' }, 'build an image');
  const lines = text.split('\n');
  expect(lines.slice(0, 7)).toEqual([
    'Usage: terrarium image build RECIPE [OPTION]...',
    '',
    'Build an image.',
    '',
    'Options:',
    '  --name NAME   what it is called',
    `  --env K=V...  ${'word '.repeat(16).trimEnd()}`,
  ]);
  expect(lines.slice(8)).toEqual(['  --json        JSON', '  --help        show this', '', 'More about it.', '']);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(96);
});

it('says once that there are options', () => {
  const text = commandHelp({ usage: 'run IMAGE [OPTION]... -- COMMAND', options: {}, details: '' }, 'run');
  expect(text).toContain('Usage: terrarium run IMAGE [OPTION]... -- COMMAND\n');
});

it('lists commands with what they do', () => {
  const load = () => Promise.reject(new Error('not loaded for a list'));
  const text = overview([
    { words: 'vm list', summary: 'list the VMs', load },
    { words: 'run', summary: 'run a command', load },
  ]);
  expect(text).toContain('\n  vm list  list the VMs\n  run      run a command\n');
});
