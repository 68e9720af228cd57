import type { NodeMachine } from '../machine/node-endpoint.ts';
import type { MachineClient } from '../machine/client.ts';
import type { StartOptions, StartReport } from '../machine/protocol.ts';
import { startOptions, type TerminalSize } from '../machine/start-options.ts';
import { serveBulk } from '../shared/bulk/server.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import type { MachineConfig, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import type { Library } from './library.ts';
import { machineBulkHandlers, type MachineGrant } from './machine-source.ts';

export interface LibraryMachineOptions {
  readonly library: Library;
  readonly image: MachineGrant['image'] & Pick<ImageManifest, 'id' | 'memoryMib' | 'commandLine'>;
  /** The image's own size when left out. */
  readonly memoryMib?: number;
  /** What it starts from; null boots the kernel. */
  readonly start: StateManifest | null;
  /** Where its states go; left out, it cannot be saved. */
  readonly saveState?: MachineGrant['saveState'];
  /** Which files of the host it may read and write; none when left out. */
  readonly takePath?: MachineGrant['takePath'];
}

/** A machine of this Node process that lives on a library. */
export interface LibraryMachine {
  readonly client: MachineClient;
  readonly config: MachineConfig;
  /** Starts it as its options say. */
  start(terminal: TerminalSize, more?: Partial<StartOptions>): Promise<StartReport>;
  /** Ends its worker. What was not saved is gone. */
  dispose(): void;
}

/** Gives a machine that has begun what it may reach of a library. */
export function serveLibraryMachine({ client, bulkPort }: NodeMachine, options: LibraryMachineOptions): LibraryMachine {
  const { library, image, start } = options;
  const config = machineConfig(image, options.memoryMib);
  const bulk = serveBulk(
    bulkPort,
    machineBulkHandlers({
      blobs: library.blobs,
      states: library.states,
      image,
      start,
      saveState:
        options.saveState ??
        (() => Promise.reject(new FailureError('unsupported', 'This machine is not kept: it cannot be saved.'))),
      takePath: options.takePath ?? (() => null),
    }),
  );
  return {
    client,
    config,
    start: (terminal, more) =>
      client.request('start', { ...startOptions(config, image, start?.content ?? null, terminal), ...more }),
    dispose: () => {
      client.dispose();
      bulk.close();
    },
  };
}
