import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { watchSight } from './window-sight.ts';

it('tells when a window comes into sight or goes out of it, once each', () => {
  const emitter = new EventEmitter();
  let [isVisible, isMinimized, isDestroyed] = [true, false, false];
  const window = {
    isVisible: () => isVisible,
    isMinimized: () => isMinimized,
    isDestroyed: () => isDestroyed,
    on: (event: string, listener: () => void) => emitter.on(event, listener),
  };
  const told: boolean[] = [];
  watchSight(window, (isSeen) => told.push(isSeen));
  emitter.emit('show');
  expect(told).toEqual([]);
  isMinimized = true;
  emitter.emit('minimize');
  isVisible = false;
  emitter.emit('hide');
  expect(told).toEqual([false]);
  isMinimized = false;
  emitter.emit('restore');
  isVisible = true;
  emitter.emit('show');
  expect(told).toEqual([false, true]);
  isDestroyed = true;
  isVisible = false;
  emitter.emit('hide');
  expect(told).toEqual([false, true]);
});
