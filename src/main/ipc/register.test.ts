import type { IpcMainInvokeEvent } from 'electron';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CALL_NAMES, callChannel } from '../../shared/ipc/channels.ts';
import type { CallName } from '../../shared/ipc/contract.ts';
import { FailureError } from '../../shared/result.ts';
import { registerCalls, type CallHandlers } from './register.ts';

type Listener = (event: IpcMainInvokeEvent, args: unknown) => unknown;

/** The calls as main has them, with handlers that note what they were given. */
function bench(handler: (name: CallName, args: unknown) => unknown = () => 'done'): {
  call: (name: CallName, args?: unknown, trusted?: boolean) => unknown;
  handled: [CallName, unknown][];
  channels: () => string[];
} {
  const listeners = new Map<string, Listener>();
  const handled: [CallName, unknown][] = [];
  const handlers = Object.fromEntries(
    CALL_NAMES.map((name) => [
      name,
      (args: unknown) => {
        handled.push([name, args]);
        return handler(name, args);
      },
    ]),
  ) as unknown as CallHandlers;
  registerCalls(
    { handle: (channel, listener) => void listeners.set(channel, listener) },
    handlers,
    (event) => (event as unknown as { trusted: boolean }).trusted,
  );
  return {
    handled,
    channels: () => [...listeners.keys()],
    call: (name, args, trusted = true) =>
      listeners.get(callChannel(name))?.({ trusted } as unknown as IpcMainInvokeEvent, args),
  };
}

describe('registerCalls', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('answers every call of the contract and no other channel', () => {
    expect(bench().channels().sort()).toEqual(CALL_NAMES.map(callChannel).sort());
  });

  it('passes parsed arguments on and returns the value', async () => {
    const { call, handled } = bench();
    expect(await call('vm.delete', { vmId: 'vm-1', more: 'dropped' })).toEqual({ ok: true, value: 'done' });
    expect(handled).toEqual([['vm.delete', { vmId: 'vm-1' }]]);
  });

  it.each(CALL_NAMES)('refuses %s from anywhere but the app’s page', async (name) => {
    const { call, handled } = bench();
    expect(await call(name, undefined, false)).toEqual({
      ok: false,
      error: { code: 'bad-input', message: 'This call came from outside of Terrarium and was refused.' },
    });
    expect(handled).toEqual([]);
  });

  it('refuses arguments that do not parse with a sentence, before the handler sees them', async () => {
    const { call, handled } = bench();
    for (const args of [undefined, null, 'vm-1', {}, { vmId: 5 }, { vmId: '../../x' }, [{ vmId: 'vm-1' }]]) {
      expect(await call('vm.delete', args)).toMatchObject({
        ok: false,
        error: {
          code: 'bad-input',
          message: expect.stringMatching(/^The request “vm\.delete” was not understood: .+\.$/),
        },
      });
    }
    expect(handled).toEqual([]);
  });

  it('never throws, whatever the page sends to whichever call', async () => {
    const { call } = bench();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CALL_NAMES), fc.anything(), async (name, args) => {
        expect(await call(name, args)).toHaveProperty('ok');
      }),
      { numRuns: 1000 },
    );
  });

  it('turns a failure into its code and sentence, thrown or rejected', async () => {
    for (const handler of [
      () => {
        throw new FailureError('busy', 'The VM is running.');
      },
      () => Promise.reject(new FailureError('busy', 'The VM is running.')),
    ]) {
      expect(await bench(handler).call('vm.delete', { vmId: 'vm-1' })).toEqual({
        ok: false,
        error: { code: 'busy', message: 'The VM is running.' },
      });
    }
  });

  it('calls a bug internal, and writes it to the log', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bug = new TypeError('x is undefined');
    expect(await bench(() => Promise.reject(bug)).call('library.get')).toMatchObject({
      ok: false,
      error: { code: 'internal' },
    });
    expect(log).toHaveBeenCalledWith(expect.stringContaining('library.get'), bug);
  });
});
