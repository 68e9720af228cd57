import { MachineClient, type MachineEndpoint } from '../../../../machine/client.ts';
import type { DirEntry, FromWorker, ToWorker } from '../../../../machine/protocol.ts';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { ChosenFile } from '../../../../shared/ipc/contract.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';

export function entryOf(name: string, more: Partial<DirEntry> = {}): DirEntry {
  return { name, kind: 'file', mode: 0o644, sizeBytes: 1, modifiedAtS: 0, ...more };
}

/** A machine with one folder, whatever it is asked for; it answers at once, and refuses a file named `refused`. */
export class FakeGuest implements MachineEndpoint {
  entries: DirEntry[];
  /** Requests in their order, with the guest's path. */
  readonly asked: string[] = [];
  /** What the requests answer besides the list. */
  readonly answers: Record<string, (args: Record<string, unknown>) => unknown> = {};
  /** Requests it refuses whatever they are about. */
  readonly refused = new Set<string>();
  readonly client: MachineClient;
  #listener: (message: FromWorker) => void = () => undefined;

  constructor(names: readonly string[] = []) {
    this.entries = names.map((name) => entryOf(name));
    this.client = new MachineClient(this);
  }

  get names(): readonly string[] {
    return this.entries.map((entry) => entry.name);
  }

  get session(): { name: string; runningMachine: () => MachineClient } {
    return { name: 'web', runningMachine: () => this.client };
  }

  post(message: ToWorker): void {
    if (message.t !== 'request') return;
    const { id, name } = message;
    const args = message.args as Record<string, unknown>;
    const asked = args['guestPath'] ?? args['from'];
    const path = typeof asked === 'string' ? asked : '';
    this.asked.push(`${name} ${path}`);
    if (path.endsWith('refused') || this.refused.has(name)) {
      this.#answer({ t: 'refuse', id, code: 'limit', message: 'It is too large.' });
      return;
    }
    if (name === 'importFile' || name === 'importTree') {
      const arrived = path.slice(path.lastIndexOf('/') + 1);
      const kind = name === 'importFile' ? 'file' : 'directory';
      this.entries = [...this.entries.filter((entry) => entry.name !== arrived), entryOf(arrived, { kind })];
    }
    const given = this.answers[name];
    if (given) this.#answer({ t: 'reply', id, value: given(args) });
    else this.#answer({ t: 'reply', id, value: name === 'readDir' ? [...this.entries] : { sizeBytes: 1 } });
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

/** A host whose dialogs choose what the test says, and that remembers what it was asked. */
export class FakeHost {
  readonly calls: string[] = [];
  dropped: readonly ChosenFile[] = [];
  answers: Partial<Record<string, Result<unknown>>> = {};

  get bridge(): TerrariumBridge {
    return {
      call: (name, args) => {
        const token = (args as { token?: string } | undefined)?.token;
        this.calls.push(token === undefined ? name : `${name} ${token}`);
        const answer = this.answers[name] ?? this.#usual(name, token);
        return Promise.resolve(answer) as never;
      },
      on: () => () => undefined,
      dropFiles: () => Promise.resolve(ok(this.dropped)),
    };
  }

  drop(...names: string[]): this {
    // A folder's name ends in a stroke here.
    this.dropped = names.map((name) => ({
      token: `of ${name}`,
      name: name.replace('/', ''),
      sizeBytes: 1,
      kind: name.endsWith('/') ? 'folder' : 'file',
    }));
    return this;
  }

  #usual(name: string, token: string | undefined): Result<unknown> {
    if (name === 'file.packFolder') return ok({ token: `packed ${token}` });
    if (name === 'file.again') return ok({ token: `again ${token}` });
    if (name === 'file.release') return ok(undefined);
    return err('internal', 'not asked');
  }
}
