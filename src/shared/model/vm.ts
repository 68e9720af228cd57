import { err, ok, type Result } from '../result.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { ImageId, StateId, VmId } from './ids.ts';
import type { NetworkSettings } from './network.ts';

/** A VM as the library keeps it. */
export interface VmRecord {
  readonly id: VmId;
  readonly name: string;
  readonly imageId: ImageId;
  readonly memoryMib: number;
  readonly createdAt: string;
  /** The state it resumes from; null means the image's base snapshot (or a cold boot). */
  readonly head: StateId | null;
  /** The snapshot its current history continues from. */
  readonly parent: StateId | null;
  readonly network: NetworkSettings;
  /** Snapshots taken by the clock while it runs; null means none. */
  readonly checkpoints: Checkpoints | null;
  /** Words a person groups VMs by. */
  readonly tags: readonly string[];
  /** Since when it is deleted; it can still be had back, and is in no list meanwhile. */
  readonly deletedAt?: string;
}

/** For so long a deleted VM can be had back: long enough to notice, short enough that its disk space is free soon. */
export const DELETED_VM_KEPT_MS = 60_000;

/** What a VM is doing now. `failed` says why and keeps the VM's last saved state untouched. */
export type VmState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'pausing' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'snapshotting'; readonly then: 'running' | 'paused' }
  | { readonly kind: 'restoring' }
  | { readonly kind: 'stopping' }
  /** `hasCrashed` when it ran before; otherwise it did not start. */
  | { readonly kind: 'failed'; readonly message: string; readonly hasCrashed?: true };

export type VmEvent =
  | { readonly kind: 'launch' }
  | { readonly kind: 'started' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'snapshot-done' }
  | { readonly kind: 'restore' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'fail'; readonly message: string; readonly hasCrashed?: true };

const STATE_WORDS: Record<VmState['kind'], string> = {
  stopped: 'is stopped',
  starting: 'is still starting',
  running: 'is running',
  pausing: 'is being paused',
  paused: 'is paused',
  snapshotting: 'is being snapshotted',
  restoring: 'is being restored',
  stopping: 'is being stopped',
  failed: 'has failed',
};

const EVENT_WORDS: Record<VmEvent['kind'], string> = {
  launch: 'launched',
  started: 'marked as started',
  pause: 'paused',
  paused: 'marked as paused',
  resume: 'resumed',
  snapshot: 'snapshotted',
  'snapshot-done': 'marked as snapshotted',
  restore: 'restored',
  stop: 'stopped',
  stopped: 'marked as stopped',
  fail: 'marked as failed',
};

/** The next state, or an `illegal-transition` that says in words why not. */
export function reduceVm(state: VmState, event: VmEvent): Result<VmState> {
  const next = nextState(state, event);
  if (next) return ok(next);
  return err(
    'illegal-transition',
    `The VM ${STATE_WORDS[state.kind]}, so it cannot be ${EVENT_WORDS[event.kind]} now.`,
  );
}

function nextState(state: VmState, event: VmEvent): VmState | null {
  // A failure or an end of the machine can arrive in any state.
  if (event.kind === 'fail') return { ...event, kind: 'failed' };
  if (event.kind === 'stopped') return { kind: 'stopped' };
  switch (state.kind) {
    case 'stopped':
    case 'failed':
      if (event.kind === 'launch') return { kind: 'starting' };
      if (event.kind === 'restore') return { kind: 'restoring' };
      return null;
    case 'starting':
    case 'restoring':
      if (event.kind === 'started') return { kind: 'running' };
      if (event.kind === 'stop') return { kind: 'stopping' };
      return null;
    case 'running':
      if (event.kind === 'pause') return { kind: 'pausing' };
      if (event.kind === 'snapshot') return { kind: 'snapshotting', then: 'running' };
      if (event.kind === 'restore') return { kind: 'restoring' };
      if (event.kind === 'stop') return { kind: 'stopping' };
      return null;
    case 'pausing':
      return event.kind === 'paused' ? { kind: 'paused' } : null;
    case 'paused':
      if (event.kind === 'resume') return { kind: 'running' };
      if (event.kind === 'snapshot') return { kind: 'snapshotting', then: 'paused' };
      if (event.kind === 'restore') return { kind: 'restoring' };
      if (event.kind === 'stop') return { kind: 'stopping' };
      return null;
    case 'snapshotting':
      return event.kind === 'snapshot-done' ? { kind: state.then } : null;
    case 'stopping':
      return null;
  }
}

/** True while a machine exists for the VM, whatever it is doing. */
export function isLive(state: VmState): boolean {
  return state.kind !== 'stopped' && state.kind !== 'failed';
}
