import { expect, it, vi } from 'vitest';
import { DeepLinks } from './deep-links.ts';

it('keeps the newest link until it is taken, once', () => {
  const told = vi.fn();
  const links = new DeepLinks(told);
  links.takeFrom(['electron', '.']);
  expect(told).not.toHaveBeenCalled();
  expect(links.take()).toBeNull();
  links.takeFrom(['electron', '.', 'terrarium://open?vm=one']);
  links.open('terrarium://fork?snapshot=two');
  expect(told).toHaveBeenCalledTimes(2);
  expect(links.take()).toEqual({ kind: 'fork', snapshot: 'two' });
  expect(links.take()).toBeNull();
});
