import { randomFillSync } from 'node:crypto';

/** Random numbers are drawn from the system this many at a time. */
const RANDOM_POOL_NUMBERS = 256;

/** Uniform 32-bit numbers from the system's generator, a page of them at a time. */
export function randomNumbers(): () => number {
  const pool = new Uint32Array(RANDOM_POOL_NUMBERS);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    const number = pool[at] ?? 0;
    at += 1;
    return number;
  };
}
