import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../shared/result.ts';
import { oneOf, ownArguments, parseArguments, wholeNumber } from './parse.ts';

const TABLE = {
  json: { kind: 'flag', help: '' },
  name: { kind: 'value', value: 'NAME', help: '' },
  env: { kind: 'values', value: 'K=V', help: '' },
} as const;

const parse = (...args: string[]) => parseArguments('image build', TABLE, args);

describe('the arguments of a command', () => {
  it('are nothing when nothing was given', () => {
    expect(parse()).toEqual({ options: { json: false, name: null, env: [] }, operands: [], rest: null });
  });

  it('may be options and operands in any order', () => {
    expect(parse('tiny', '--name', 'x y', '--env=A=1', 'more', '--json', '--env', 'B=')).toEqual({
      options: { json: true, name: 'x y', env: ['A=1', 'B='] },
      operands: ['tiny', 'more'],
      rest: null,
    });
    expect(parse('--name=a', '--name', 'b').options.name).toBe('b');
    expect(parse('--name=--json').options).toMatchObject({ name: '--json', json: false });
    expect(parse('--name', '').options.name).toBe('');
    expect(parse('-').operands).toEqual(['-']);
  });

  it('end at --, after which all belongs to somebody else', () => {
    expect(parse('tiny', '--', 'sh', '-c', '--json', '--', '--help')).toEqual({
      options: { json: false, name: null, env: [] },
      operands: ['tiny'],
      rest: ['sh', '-c', '--json', '--', '--help'],
    });
    expect(parse('--').rest).toEqual([]);
  });

  it('are refused with the option that was probably meant', () => {
    expect(() => parse('--nmae', 'x')).toThrow('“terrarium image build” has no option --nmae. Did you mean --name?');
    expect(() => parse('--jsno')).toThrow('Did you mean --json?');
    expect(() => parse('-c')).toThrow('has no option -c. Run “terrarium image build --help” for what there is');
    expect(() => parse('--no-json')).toThrow('has no option --no-json.');
    expect(() => parse('--toString')).toThrow('has no option --toString.');
    expect(() => parse('--__proto__=x')).toThrow('has no option --__proto__.');
  });

  it('are refused without the value an option needs, or with one it does not take', () => {
    expect(() => parse('--name')).toThrow('--name needs a value: --name NAME.');
    expect(() => parse('--name', '--json')).toThrow('--name needs a value');
    expect(() => parse('--json=yes')).toThrow('--json takes no value.');
  });

  it('never fail in another way', () => {
    const word = fc.oneof(fc.constantFrom('--', '--name', '--json', '--env', '-x', '--name=', '--=', '-'), fc.string());
    fc.assert(
      fc.property(fc.array(word), (args) => {
        try {
          const { operands, rest } = parse(...args);
          expect([...operands, ...(rest ?? [])].length).toBeLessThanOrEqual(args.length);
        } catch (caught) {
          expect(caught).toBeInstanceOf(FailureError);
        }
      }),
    );
  });
});

it('looks for its own options before -- only', () => {
  expect(ownArguments(['tiny', '--json', '--', 'ls', '--help'])).toEqual(['tiny', '--json']);
  expect(ownArguments(['tiny'])).toEqual(['tiny']);
});

it('reads numbers and choices, or says what they may be', () => {
  expect(wholeNumber('--memory', '256')).toBe(256);
  for (const wrong of ['', '1.5', '-1', '1e3', '0x10', '9'.repeat(20)]) {
    expect(() => wholeNumber('--memory', wrong)).toThrow(`--memory takes a whole number; “${wrong}” is none.`);
  }
  expect(oneOf('recipe', 'tiny', ['tiny', 'debian'])).toBe('tiny');
  expect(() => oneOf('recipe', 'debain', ['tiny', 'debian'])).toThrow(
    'There is no recipe “debain”. Did you mean “debian”? There are: tiny, debian.',
  );
});
