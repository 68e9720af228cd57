import { describe, expect, it } from 'vitest';
import { MachineClient, type MachineEndpoint } from '../../../../machine/client.ts';
import type { DirEntry, FromWorker, ToWorker } from '../../../../machine/protocol.ts';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { err, ok } from '../../../../shared/result.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { Transfers } from './transfers.ts';

/** A machine whose home holds files and folders; it answers at once, and refuses a file named `refused`. */
class Home implements MachineEndpoint {
  readonly entries: DirEntry[];
  #listener: (message: FromWorker) => void = () => undefined;

  constructor(names: readonly string[]) {
    this.entries = names.map((name) => ({ name, kind: 'file', sizeBytes: 1, modifiedAtS: 0 }));
  }

  post(message: ToWorker): void {
    if (message.t !== 'request') return;
    const { id, name } = message;
    if (name === 'readDir') this.#answer({ t: 'reply', id, value: [...this.entries] });
    if (name !== 'importFile') return;
    const { guestPath } = message.args as { guestPath: string };
    if (guestPath.endsWith('refused')) {
      this.#answer({ t: 'refuse', id, code: 'limit', message: 'It is too large.' });
      return;
    }
    this.entries.push({ name: guestPath.replace('/root/', ''), kind: 'file', sizeBytes: 1, modifiedAtS: 0 });
    this.#answer({ t: 'reply', id, value: { sizeBytes: 1 } });
  }

  onMessage(listener: (message: FromWorker) => void): void {
    this.#listener = listener;
  }

  onFailure(): void {
    // It does not fail.
  }

  terminate(): void {
    // There is nothing to end.
  }

  #answer(message: FromWorker): void {
    queueMicrotask(() => this.#listener(message));
  }
}

async function drop(present: readonly string[], dropped: readonly string[]): Promise<{ home: Home; told: string[] }> {
  const home = new Home(present);
  const client = new MachineClient(home);
  const told: string[] = [];
  const bridge: TerrariumBridge = {
    call: () => Promise.resolve(err('internal', 'not asked')),
    on: () => () => undefined,
    dropFiles: () => Promise.resolve(ok(dropped.map((name) => ({ token: name, name, sizeBytes: 1 })))),
  };
  const transfers = new Transfers(bridge, {
    success: (message) => told.push(message),
    failure: (message) => told.push(`FAILED ${message}`),
  });
  const session = { name: 'web', runningMachine: () => client } as unknown as VmSession;
  await transfers.importDropped(session, []);
  return { home, told };
}

describe('importing files', () => {
  it('keeps free names', async () => {
    const { home, told } = await drop([], ['notes.txt']);
    expect(home.entries.map((entry) => entry.name)).toEqual(['notes.txt']);
    expect(told).toEqual(['notes.txt copied to /root/notes.txt']);
  });

  it('never replaces what is there, and says so', async () => {
    const { home, told } = await drop(['notes.txt'], ['notes.txt', 'notes.txt']);
    expect(home.entries.map((entry) => entry.name)).toEqual(['notes.txt', 'notes 2.txt', 'notes 3.txt']);
    expect(told[0]).toBe('notes.txt copied to /root/notes 2.txt, because there was a notes.txt already');
  });

  it('goes on after a file that is refused', async () => {
    const { told } = await drop([], ['refused', 'b']);
    expect(told).toEqual(['FAILED refused was not copied: It is too large.', 'b copied to /root/b']);
  });
});
