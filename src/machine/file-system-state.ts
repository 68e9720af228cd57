/** Where v86 keeps its 9p server in the machine's state (src/cpu.js get_state) and the file system in that (lib/9p.js). */
const CPU_9P = 45;
const SERVER_FIDS = 8;
const SERVER_FILES = 9;

/** The state of v86's file system (lib/filesystem.js get_state) in a state's tree; anything at all in a hostile one. */
export function fileSystemState(content: 'full' | 'disk', tree: unknown): unknown {
  return content === 'disk' ? tree : at(at(tree, CPU_9P), SERVER_FILES);
}

/** The state of v86's 9p server in the tree of a full state. */
export function fileServerState(tree: unknown): unknown {
  return at(tree, CPU_9P);
}

/**
 * Takes the lists of inodes and of what clients have open out of a full state's tree, leaving empty ones in their places.
 * Null where one of them is not what is wanted; nothing is taken then.
 */
export function takeFileLists<List>(
  tree: unknown,
  asWanted: (list: unknown) => List | null,
): { readonly inodes: List; readonly fids: List } | null {
  const server = fileServerState(tree);
  const files = at(server, SERVER_FILES);
  if (!Array.isArray(server) || !Array.isArray(files)) return null;
  const inodes = asWanted(files[0]);
  const fids = asWanted(server[SERVER_FIDS]);
  if (inodes === null || fids === null) return null;
  files[0] = [];
  server[SERVER_FIDS] = [];
  return { inodes, fids };
}

/** Of a file system's state: its inodes, by number. */
export function stateInodes(files: unknown): unknown {
  return at(files, 0);
}

/** Of a file system's state: what was written, pairs of an inode's number (as text) and its bytes. */
export function stateWrittenFiles(files: unknown): unknown {
  return at(files, 2);
}

/** Leaves an empty list of them. */
export function dropWrittenFiles(files: unknown): void {
  if (Array.isArray(files)) files[2] = [];
}

function at(value: unknown, index: number): unknown {
  return Array.isArray(value) ? (value as unknown[])[index] : undefined;
}
