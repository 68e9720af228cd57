import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MachineEvent } from '../../../machine/protocol.ts';
import { cameUp, START_TIMEOUT_MS } from './start-watch.ts';

class Events {
  readonly listeners = new Set<(event: MachineEvent) => void>();

  onEvent(listener: (event: MachineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: MachineEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('waiting for a machine to come up', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('gives what the work gives and leaves nothing behind', async () => {
    const machine = new Events();
    await expect(cameUp(machine, Promise.resolve(5))).resolves.toBe(5);
    expect(machine.listeners.size).toBe(0);
  });

  it('passes a refusal on', async () => {
    const machine = new Events();
    await expect(cameUp(machine, Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(machine.listeners.size).toBe(0);
  });

  it('ends with a crash, and with no other event', async () => {
    const machine = new Events();
    const waiting = expect(cameUp(machine, never())).rejects.toMatchObject({ code: 'io', message: 'It broke.' });
    machine.emit({ kind: 'load', busyFraction: 1 });
    machine.emit({ kind: 'crashed', message: 'It broke.' });
    await waiting;
    expect(machine.listeners.size).toBe(0);
  });

  it('gives up on a machine that never answers', async () => {
    const machine = new Events();
    let isOver = false;
    const waiting = expect(cameUp(machine, never()).finally(() => (isOver = true))).rejects.toMatchObject({
      code: 'guest-unresponsive',
      message: /did not start within 120 seconds/,
    });
    await vi.advanceTimersByTimeAsync(START_TIMEOUT_MS - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(machine.listeners.size).toBe(0);
  });
});
