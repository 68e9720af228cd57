import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from './arguments.ts';

describe('parseBenchArguments', () => {
  it.each([
    [['boot'], { bench: 'boot', json: false, runs: null, minutes: null, debian: false }],
    [['launch', '--json', '--runs', '9'], { bench: 'launch', json: true, runs: 9, minutes: null, debian: false }],
    [['library', '--json'], { bench: 'library', json: true, runs: null, minutes: null, debian: false }],
    [['terminal'], { bench: 'terminal', json: false, runs: null, minutes: null, debian: false }],
    [['relay', '--json'], { bench: 'relay', json: true, runs: null, minutes: null, debian: false }],
    [['day', '--minutes', '5'], { bench: 'day', json: false, runs: null, minutes: 5, debian: false }],
    [['image', '--image', 'debian'], { bench: 'image', json: false, runs: null, minutes: null, debian: true }],
    [
      ['--json', 'launch', '--image', 'debian'],
      { bench: 'launch', json: true, runs: null, minutes: null, debian: true },
    ],
  ])('reads %j', (args, value) => {
    expect(parseBenchArguments(args)).toEqual({ ok: true, value });
  });

  it.each([
    [],
    ['fast'],
    ['boot', 'launch'],
    ['boot', '--runs', '4'],
    ['boot', '--runs', '5.5'],
    ['boot', '--runs', 'many'],
    ['boot', '--runs'],
    ['boot', '--image', 'debian'],
    ['launch', '--image', 'alpine'],
    ['boot', '--fast'],
    ['boot', '--minutes', '5'],
    ['day', '--runs', '5'],
    ['day', '--minutes', '0'],
  ])('refuses %j with the usage', (...args) => {
    const parsed = parseBenchArguments(args);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    expect(parsed.ok ? '' : parsed.error.message).toContain('npm run bench -- boot|launch|relay|exec|library');
  });
});
