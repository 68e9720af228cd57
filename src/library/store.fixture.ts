import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FileStateStore } from './file-state-store.ts';
import { bytesOf, piecesOf } from './pages.fixture.ts';
import { seal } from './sealed-json.ts';
import { stateDraft, writeState } from './state-store.conformance.ts';
import type { StateDraft } from './state-store.ts';

/** A store in a folder of its own. */
export class StoreOnDisk {
  readonly home: string;
  store: FileStateStore;

  constructor(home: string) {
    this.home = home;
    this.store = this.another();
  }

  /** @param parent where its folder is made */
  static async create(parent = tmpdir()): Promise<StoreOnDisk> {
    const made = new StoreOnDisk(await mkdtemp(path.join(parent, 'terrarium-states-')));
    await made.store.removeUnfinished();
    return made;
  }

  /** As another process, or this one when it starts again. */
  another(): FileStateStore {
    return new FileStateStore(
      { states: path.join(this.home, 'states'), packs: path.join(this.home, 'packs') },
      { now: Date.now, randomBytes: (count) => randomBytes(count) },
    );
  }

  save(id: string, pages: readonly number[], change: Partial<StateDraft> = {}): Promise<StateManifest> {
    return writeState(this.store, stateDraft(id, change), piecesOf(bytesOf(pages)));
  }

  stateFile(id: string, file: 'manifest.json' | 'pages.map' | 'screen.json'): string {
    return path.join(this.home, 'states', id, file);
  }

  /** Names of files in the folder of packs. */
  async packFiles(kind: 'pack' | 'bad' = 'pack'): Promise<string[]> {
    return (await readdir(path.join(this.home, 'packs'))).filter((name) => name.endsWith(`.${kind}`)).sort();
  }

  packPath(file: string): string {
    return path.join(this.home, 'packs', file);
  }

  /** Everything below the folder, and its size. */
  async files(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const entry of await readdir(this.home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      found.set(path.relative(this.home, file), (await stat(file)).size);
    }
    return found;
  }

  async dispose(): Promise<void> {
    await rm(this.home, { recursive: true });
  }
}

/** Flips one bit of a file where it lies. @param bit counted from the file's start */
export async function flipBit(file: string, bit: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    const position = Math.floor(bit / 8);
    await handle.read(byte, 0, 1, position);
    byte[0] = (byte[0] ?? 0) ^ (1 << (bit % 8));
    await handle.write(byte, 0, 1, position);
  } finally {
    await handle.close();
  }
}

/** A state as libraries had it before they kept pages: `state.bin`, and a manifest of format 1. */
export async function addOldState(home: string, id: string, bytes: Uint8Array): Promise<void> {
  const { kind, content, name, vmId, vmName, parent, createdAt, config } = stateDraft(id);
  const pieceSha256 = piecesOf(bytes).map((piece) => createHash('sha256').update(piece).digest('hex'));
  const fields = { kind, content, name, vmId, vmName, parent, createdAt, config };
  const data = { sizeBytes: bytes.byteLength, pieceBytes: STATE_PIECE_BYTES, pieceSha256 };
  const folder = path.join(home, 'states', id);
  await mkdir(folder);
  await writeFile(path.join(folder, 'state.bin'), bytes);
  await writeFile(path.join(folder, 'manifest.json'), seal({ format: 1, id, ...fields, ...data }));
}
