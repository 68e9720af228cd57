import { describe, expect, it } from 'vitest';
import { theOne } from './named.ts';

const things = [
  { id: 'st-1', name: 'before' },
  { id: 'st-2', name: 'twin' },
  { id: 'st-3', name: 'twin' },
  { id: 'st-4', name: 'st-1' },
  { id: 'st-5', name: 'Gr\u00f6\u00dfe' },
];

describe('a thing by name or id', () => {
  it('is found, by its id first', () => {
    expect(theOne('snapshot', things, 'before').id).toBe('st-1');
    expect(theOne('snapshot', things, 'st-1').id).toBe('st-1');
    expect(theOne('snapshot', things, 'st-3').name).toBe('twin');
    expect(theOne('snapshot', things, 'Gro\u0308\u00dfe').id).toBe('st-5');
  });

  it('is not guessed at', () => {
    expect(() => theOne('snapshot', things, 'twin')).toThrow(
      '2 snapshots are called “twin”. Nothing was changed; say which by its id: st-2, st-3.',
    );
    expect(() => theOne('snapshot', things, 'befroe')).toThrow(
      'There is no snapshot called “befroe”. Did you mean “before”?',
    );
    expect(() => theOne('snapshot', things, 'x')).toThrow('There are: before, twin, st-1, Größe.');
    expect(() => theOne('snapshot', [], 'x')).toThrow('There is none at all.');
  });

  it('is listed up to a bound', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ id: `i${i}`, name: `name number ${i}` }));
    expect(() => theOne('VM', many, 'x')).toThrow('name number 4 and 4 more.');
    expect(() => theOne('VM', many, 'y'.repeat(500))).toThrow(`called “${'y'.repeat(80)}”`);
  });
});
