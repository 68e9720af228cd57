import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeBytes } from './folder-size.ts';
import type { Keeper } from './keeper.ts';
import type { StorePrograms } from './programs.ts';
import type { StoreCommand, StoreReply } from './store-server.ts';

/** Our library in a program that runs already, as it does where a person saves a machine: in the app. */
export function ourRunningKeeper({ serverPath, threadPath }: StorePrograms): Keeper {
  return {
    name: 'ours, running',
    open: (folder) => {
      const home = path.join(folder, 'home');
      const server = fork(serverPath, [home, threadPath], {
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const ended = once(server, 'exit').then((): [{ message: StoreReply }] => [{ message: 'it has ended' }]);
      const ask = async (command: StoreCommand): Promise<void> => {
        const answered = once(server, 'message') as Promise<[{ message: StoreReply }]>;
        server.send(command);
        const [{ message }] = await Promise.race([answered, ended]);
        if (message !== null) throw new Error(`The program with the library failed: ${message}`);
      };
      return Promise.resolve({
        save: async ({ rawPath, manifest }) => {
          const manifestPath = path.join(folder, `${manifest.id}.json`);
          await writeFile(manifestPath, JSON.stringify(manifest));
          await ask({ t: 'save', rawPath, manifestPath });
          return null;
        },
        restore: async ({ manifest }, into) => {
          const target = path.join(into, 'state.bin');
          await ask({ t: 'restore', id: manifest.id, target });
          return { path: target, insideMs: null };
        },
        sizeBytes: () => storeBytes(home),
        close: async () => {
          server.kill();
          await ended;
        },
      });
    },
  };
}
