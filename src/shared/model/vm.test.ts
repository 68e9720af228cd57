import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLive, reduceVm, type VmEvent, type VmState } from './vm.ts';

const KINDS = [
  'launch',
  'started',
  'pause',
  'paused',
  'resume',
  'snapshot',
  'snapshot-done',
  'restore',
  'stop',
  'stopped',
] as const;
const event: fc.Arbitrary<VmEvent> = fc.oneof(
  fc.constantFrom(...KINDS).map((kind) => ({ kind })),
  fc.string().map((message) => ({ kind: 'fail' as const, message })),
);

/** The moves a person is told of, written down a second time; `fail` and `stopped` may come at any time. */
const LEGAL: Record<VmState['kind'], Partial<Record<VmEvent['kind'], VmState['kind']>>> = {
  stopped: { launch: 'starting', restore: 'restoring' },
  failed: { launch: 'starting', restore: 'restoring' },
  starting: { started: 'running', stop: 'stopping' },
  restoring: { started: 'running', stop: 'stopping' },
  running: { pause: 'pausing', snapshot: 'snapshotting', restore: 'restoring', stop: 'stopping' },
  pausing: { paused: 'paused' },
  paused: { resume: 'running', snapshot: 'snapshotting', restore: 'restoring', stop: 'stopping' },
  snapshotting: {},
  stopping: {},
};

function expected(state: VmState, { kind }: VmEvent): VmState['kind'] | null {
  if (kind === 'fail') return 'failed';
  if (kind === 'stopped') return 'stopped';
  if (state.kind === 'snapshotting' && kind === 'snapshot-done') return state.then;
  return LEGAL[state.kind][kind] ?? null;
}

describe('reduceVm', () => {
  it('follows the table through any sequence of events, and refuses the rest in words', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state: VmState = { kind: 'stopped' };
        for (const each of events) {
          const next = reduceVm(state, each);
          const kind = expected(state, each);
          if (kind === null) {
            expect(next).toMatchObject({ ok: false, error: { code: 'illegal-transition' } });
            expect(next.ok ? '' : next.error.message).toMatch(/^The VM (is|has) .+, so it cannot be .+ now\.$/);
          } else {
            expect(next).toMatchObject({ ok: true, value: { kind } });
            if (next.ok) state = next.value;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the reason of a failure', () => {
    expect(reduceVm({ kind: 'running' }, { kind: 'fail', message: 'The worker died.' })).toEqual({
      ok: true,
      value: { kind: 'failed', message: 'The worker died.' },
    });
  });

  it('says why in the words of the app', () => {
    expect(reduceVm({ kind: 'snapshotting', then: 'running' }, { kind: 'pause' })).toMatchObject({
      error: { message: 'The VM is being snapshotted, so it cannot be paused now.' },
    });
    expect(reduceVm({ kind: 'stopped' }, { kind: 'snapshot' })).toMatchObject({
      error: { message: 'The VM is stopped, so it cannot be snapshotted now.' },
    });
  });

  it('goes back to where a snapshot was taken from', () => {
    for (const then of ['running', 'paused'] as const) {
      const taking = reduceVm({ kind: then }, { kind: 'snapshot' });
      expect(taking).toEqual({ ok: true, value: { kind: 'snapshotting', then } });
      expect(reduceVm({ kind: 'snapshotting', then }, { kind: 'snapshot-done' })).toEqual({
        ok: true,
        value: { kind: then },
      });
    }
  });

  it('has a machine in every state but stopped and failed', () => {
    const kinds = Object.keys(LEGAL) as VmState['kind'][];
    const live = kinds.filter((kind) => isLive({ kind, then: 'running', message: '' }));
    expect(kinds.filter((kind) => !live.includes(kind))).toEqual(['stopped', 'failed']);
  });
});
