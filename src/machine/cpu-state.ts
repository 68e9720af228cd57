import { FailureError } from '../shared/result.ts';
import { copyMemory } from './memory-pages.ts';
import type { MachineState } from './state-codec.ts';
import { snapshotTree } from './state-tree.ts';
import type { Cpu, FileSystem } from './v86-internals.ts';
import { plainBytes } from './wasm-view.ts';

/**
 * Indexes in v86's state array (src/cpu.js get_state) that need care: v86 saves these three as
 * views into its memory but restores them by replacing the view, which then no longer is one.
 */
const LAST_RESULT = 86;
const FPU_STATUS_WORD = 87;
const MXCSR = 88;

/**
 * Copies a stopped machine. The guest may run on as soon as this returns.
 * @param room for the copy of its memory, taken when it is large enough (copy-room.ts)
 */
export function captureFull(cpu: Cpu, consoles: readonly Uint8Array[], room: Uint8Array | null = null): MachineState {
  // v86 would pack the memory into its state tree; we copy the pages ourselves, several times faster.
  const packMemory = cpu.pack_memory;
  cpu.pack_memory = () => ({ bitmap: { get_buffer: () => new ArrayBuffer(0) }, packed_memory: new Uint8Array(0) });
  try {
    const memory = copyMemory(plainBytes(cpu.mem8), cpu.wasm_memory, room);
    return { content: 'full', tree: snapshotTree(cpu.get_state()), consoles, memory };
  } finally {
    cpu.pack_memory = packMemory;
  }
}

/** Copies only the files of a machine that the guest has synced. */
export function captureDisk(fs: FileSystem, consoles: readonly Uint8Array[]): MachineState {
  return { content: 'disk', tree: snapshotTree(fs.get_state()), consoles, memory: null };
}

/** Puts a device tree into a machine whose memory was filled already, and which never ran. */
export function restoreFull(cpu: Cpu, tree: unknown): void {
  const state = asArray(tree);
  const views = { lastResult: cpu.last_result, fpuStatusWord: cpu.fpu_status_word, mxcsr: cpu.mxcsr };
  const scalars = { lastResult: state[LAST_RESULT], fpuStatusWord: state[FPU_STATUS_WORD], mxcsr: state[MXCSR] };
  state[LAST_RESULT] = state[FPU_STATUS_WORD] = state[MXCSR] = undefined;
  // The memory of a fresh machine is zero and its pages are in place: v86's own zeroing is most of a restore.
  const unpackMemory = cpu.unpack_memory;
  cpu.unpack_memory = () => undefined;
  try {
    cpu.set_state(state);
  } finally {
    cpu.unpack_memory = unpackMemory;
  }
  setScalar(views.lastResult, scalars.lastResult);
  setScalar(views.fpuStatusWord, scalars.fpuStatusWord);
  setScalar(views.mxcsr, scalars.mxcsr);
}

/** Gives a machine that never ran the files of an earlier one. */
export function restoreDisk(fs: FileSystem, tree: unknown): void {
  fs.set_state(asArray(tree));
}

function asArray(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return [...(tree as unknown[])];
  throw new FailureError('damaged', 'The state is damaged: it has no device data. It was not loaded.');
}

function setScalar(view: Int32Array | Uint16Array, saved: unknown): void {
  if (ArrayBuffer.isView(saved) && 'length' in saved) view.set(saved as Int32Array);
}
