import { t } from '../text/text.svelte.ts';
import type { VmState } from '../../../shared/model/vm.ts';

/** A job of several steps, named for the person while the state moves through its steps. */
export type SessionTask = 'suspending' | 'shutting-down' | 'restarting' | 'restoring';

/** What a VM is doing, in the words of the sidebar and the header. */
export function sessionWords(state: VmState, task: SessionTask | null): string {
  return task === null ? t(`vms.state.${state.kind}`) : t(`vms.task.${task}`);
}

export type Tone = 'running' | 'paused' | 'busy' | 'stopped' | 'failed';

/** The colour family of a state's dot. */
export function sessionTone(state: VmState, task: SessionTask | null): Tone {
  if (task !== null) return 'busy';
  switch (state.kind) {
    case 'running':
    case 'paused':
    case 'stopped':
    case 'failed':
      return state.kind;
    default:
      return 'busy';
  }
}
