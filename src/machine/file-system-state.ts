/** Where v86 keeps its 9p server in the machine's state (src/cpu.js get_state) and the file system in that (lib/9p.js). */
const CPU_9P = 45;
const SERVER_FILES = 9;

/** The state of v86's file system (lib/filesystem.js get_state) in a state's tree; anything at all in a hostile one. */
export function fileSystemState(content: 'full' | 'disk', tree: unknown): unknown {
  return content === 'disk' ? tree : at(at(tree, CPU_9P), SERVER_FILES);
}

/** Of a file system's state: its inodes, by number. */
export function stateInodes(files: unknown): unknown {
  return at(files, 0);
}

/** Of a file system's state: what was written, pairs of an inode's number (as text) and its bytes. */
export function stateWrittenFiles(files: unknown): unknown {
  return at(files, 2);
}

function at(value: unknown, index: number): unknown {
  return Array.isArray(value) ? (value as unknown[])[index] : undefined;
}
