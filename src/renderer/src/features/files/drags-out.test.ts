import { describe, expect, it } from 'vitest';
import { DRAG_MAX_BYTES } from '../../../../shared/model/limits.ts';
import { err, ok } from '../../../../shared/result.ts';
import { FakeGuest, FakeHost } from './fake-guest.fixture.ts';
import { DragsOut } from './drags-out.ts';
import { TransferQueue } from './transfer-queue.svelte.ts';

const NOW_S = 1_000_000;

function create(facts: { kind?: string; sizeBytes?: number; modifiedAtS?: number } = {}) {
  const guest = new FakeGuest();
  const host = new FakeHost();
  const told: string[] = [];
  const file = { kind: 'file', sizeBytes: 5, modifiedAtS: NOW_S - 60, ...facts };
  guest.answers['stat'] = () => ({ ...file });
  host.answers['file.openDrag'] = ok({ token: 'drag', targets: [{ token: 'one', name: 'a' }] });
  host.answers['file.startDrag'] = ok(undefined);
  const queue = new TransferQueue(host.bridge, () => 0);
  const drags = new DragsOut(
    host.bridge,
    { success: (message) => told.push(message), failure: (message) => told.push(`FAILED ${message}`) },
    queue,
    () => NOW_S * 1000,
  );
  const { session } = guest;
  const pull = (isHeld: boolean, paths = ['/root/a']) => drags.pull(session, paths, () => Promise.resolve(isHeld));
  const copies = (): number => guest.asked.filter((asked) => asked.startsWith('exportFile')).length;
  return { file, guest, host, told, pull, copies };
}

describe('dragging files out', () => {
  it('copies them, then drags what was copied', async () => {
    const { host, told, pull, copies } = create();
    await pull(true);
    expect(copies()).toBe(1);
    expect(host.calls).toEqual(['file.openDrag', 'file.release one', 'file.startDrag drag']);
    expect(told).toEqual([]);
  });

  it('keeps a copy that came too late for the next drag, once', async () => {
    const { host, told, pull, copies } = create();
    await pull(false);
    expect(told).toEqual(['a is ready: drag it out again.']);
    expect(host.calls).not.toContain('file.startDrag drag');
    await pull(true);
    expect(copies()).toBe(1);
    expect(host.calls).toContain('file.startDrag drag');
    // Whoever got it may have changed it.
    await pull(true);
    expect(copies()).toBe(2);
  });

  it('copies again what has changed, what may have, and what is another file', async () => {
    const { file, pull, copies } = create();
    await pull(false);
    file.sizeBytes = 6;
    await pull(false);
    expect(copies()).toBe(2);
    await pull(false, ['/root/b']);
    expect(copies()).toBe(3);
    file.modifiedAtS = NOW_S;
    await pull(false, ['/root/b']);
    await pull(false, ['/root/b']);
    expect(copies()).toBe(5);
  });

  it('says what cannot be dragged, and copies nothing of it', async () => {
    for (const [facts, said] of [
      [{ kind: 'directory' }, /^FAILED Only files can be dragged out/],
      [{ sizeBytes: DRAG_MAX_BYTES + 1 }, /^FAILED More than 64 MiB cannot be dragged out/],
    ] as const) {
      const { host, told, pull, copies } = create(facts);
      await pull(true);
      expect(told).toEqual([expect.stringMatching(said)]);
      expect([copies(), host.calls]).toEqual([0, []]);
    }
  });

  it('drags nothing when a file was not copied, and says why', async () => {
    const gone = create();
    await gone.pull(true, ['/root/refused']);
    expect([gone.told, gone.host.calls]).toEqual([['FAILED It is too large.'], []]);

    const full = create();
    full.host.answers['file.openDrag'] = err('disk-full', 'The disk is full.');
    await full.pull(true);
    expect([full.told, full.host.calls]).toEqual([['FAILED The disk is full.'], ['file.openDrag']]);

    // The file went between the look and the copy.
    const late = create();
    late.guest.answers['stat'] = () => {
      late.guest.refused.add('exportFile');
      return late.file;
    };
    await late.pull(true);
    expect(late.told).toEqual(['FAILED a was not copied out: It is too large.']);
    expect(late.host.calls).not.toContain('file.startDrag drag');
  });
});
