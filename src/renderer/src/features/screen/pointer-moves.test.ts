import { expect, it } from 'vitest';
import { PointerMoves } from './pointer-moves.ts';

const SHOWN = { width: 960, height: 600 };
const GUEST = { width: 320, height: 200 };

it('movements are gathered, in the guest’s pixels, and no part of one is lost', () => {
  const moves = new PointerMoves();
  expect(moves.take(SHOWN, GUEST)).toBeNull();
  moves.add({ dx: 2, dy: 0, x: 100, y: 300 });
  expect(moves.take(SHOWN, GUEST)).toMatchObject({ dx: 0, dy: 0 });
  moves.add({ dx: 2, dy: 0, x: 102, y: 300 });
  moves.add({ dx: 2, dy: -9, x: 480, y: 300 });
  const taken = moves.take(SHOWN, GUEST);
  expect(taken).toMatchObject({ kind: 'move', dy: -3, x: 0.5, y: 0.5 });
  expect(taken?.kind === 'move' && taken.dx).toBe(2);
  expect(moves.take(SHOWN, GUEST)).toBeNull();
});

it('a picture that is not shown moves nothing', () => {
  const moves = new PointerMoves();
  moves.add({ dx: 5, dy: 5, x: 0, y: 0 });
  expect(moves.take({ width: 0, height: 0 }, GUEST)).toBeNull();
});
