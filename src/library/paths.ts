import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder everything a person makes lives in: `TERRARIUM_HOME`, else the platform's usual place.
 * @param env the process environment
 * @param platform `process.platform`
 */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const chosen = env['TERRARIUM_HOME'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Terrarium');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Terrarium');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'terrarium');
}

/** Where each thing lies below the data folder. Ids are file names (shared/model/ids.ts). */
export interface LibraryPaths {
  readonly home: string;
  readonly images: string;
  readonly blobs: string;
  readonly states: string;
  /** Pages of states. */
  readonly packs: string;
  readonly vms: string;
  /** What the processes that use the library have of it now. */
  readonly claims: string;
}

export function libraryPaths(home: string): LibraryPaths {
  return {
    home,
    images: join(home, 'images'),
    blobs: join(home, 'blobs'),
    states: join(home, 'states'),
    packs: join(home, 'packs'),
    vms: join(home, 'vms'),
    claims: join(home, 'claims'),
  };
}
