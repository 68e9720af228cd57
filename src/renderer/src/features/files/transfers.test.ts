import { describe, expect, it, vi } from 'vitest';
import { ok } from '../../../../shared/result.ts';
import type { CollisionChoice } from './collisions.svelte.ts';
import { FakeGuest, FakeHost } from './fake-guest.fixture.ts';
import { Transfers } from './transfers.ts';

function create(present: readonly string[] = []) {
  const guest = new FakeGuest(present);
  const host = new FakeHost();
  const told: string[] = [];
  const transfers = new Transfers(
    host.bridge,
    { success: (message) => told.push(message), failure: (message) => told.push(`FAILED ${message}`) },
    () => 0,
  );
  const phases = (): string[] => transfers.queue.transfers.map(({ order, phase }) => `${order.name} ${phase}`);
  return { guest, host, told, transfers, phases };
}

/** Answers each question as it comes. */
function answering(transfers: Transfers, answers: [CollisionChoice, boolean][]): string[] {
  const asked: string[] = [];
  const { questions } = transfers.queue;
  const ask = questions.ask.bind(questions);
  questions.ask = (collision) => {
    asked.push(`${collision.name} ${collision.hasMore ? 'of more' : 'alone'}`);
    const answered = ask(collision);
    void Promise.resolve()
      .then(() => undefined)
      .then(() => {
        const [choice, forAll] = answers.shift() ?? ['skip', false];
        questions.open?.answer(choice, forAll);
      });
    return answered;
  };
  return asked;
}

describe('importing files', () => {
  it('keeps free names, and says where they are', async () => {
    const { guest, host, told, transfers } = create();
    host.drop('notes.txt');
    await transfers.importDropped(guest.session, []);
    expect(guest.names).toEqual(['notes.txt']);
    expect(told).toEqual(['notes.txt copied to /root/notes.txt']);
    expect(host.calls).toEqual(['file.release of notes.txt']);
  });

  it('asks before anything is replaced', async () => {
    for (const [choice, names] of [
      ['keep-both', ['notes.txt', 'notes 2.txt']],
      ['replace', ['notes.txt']],
      ['skip', ['notes.txt']],
    ] as const) {
      const { guest, host, transfers, phases } = create(['notes.txt']);
      const asked = answering(transfers, [[choice, false]]);
      await transfers.importDropped(guest.session, (host.drop('notes.txt'), []));
      expect(asked).toEqual(['notes.txt alone']);
      expect(guest.names).toEqual(names);
      expect(phases()).toEqual([`notes.txt ${choice === 'skip' ? 'skipped' : 'done'}`]);
    }
  });

  it('asks once where one answer is for all', async () => {
    const { guest, host, transfers, told } = create(['a', 'b', 'c']);
    const asked = answering(transfers, [['keep-both', true]]);
    host.drop('a', 'b', 'c');
    await transfers.importDropped(guest.session, []);
    expect(asked).toEqual(['a of more']);
    expect(guest.names).toEqual(['a', 'b', 'c', 'a 2', 'b 2', 'c 2']);
    expect(told).toEqual(['3 items copied to /root']);
  });

  it('does not let a folder take the place of a file, whatever was answered for all', async () => {
    const { guest, host, transfers } = create(['a', 'folder']);
    const asked = answering(transfers, [
      ['replace', true],
      ['keep-both', false],
    ]);
    host.drop('a', 'folder/');
    await transfers.importDropped(guest.session, []);
    expect(asked).toEqual(['a of more', 'folder alone']);
    expect(guest.names).toEqual(['folder', 'a', 'folder 2']);
  });

  it('packs folders, and has what is left of that removed', async () => {
    const { guest, host, transfers } = create();
    host.drop('folder/');
    await transfers.importDropped(guest.session, [], null, '/srv');
    expect(guest.asked).toContain('importTree /srv/folder');
    expect(host.calls).toEqual(['file.packFolder of folder/', 'file.release packed of folder/']);
  });

  it('goes on after one that is refused, which can be tried again', async () => {
    const { guest, host, told, transfers, phases } = create();
    host.drop('refused', 'b');
    await transfers.importDropped(guest.session, []);
    expect(told).toEqual(['b copied to /root/b', 'FAILED refused was not copied: It is too large.']);
    expect(phases()).toEqual(['refused failed', 'b done']);
    const [refused] = transfers.queue.transfers;
    if (refused) await transfers.retry(refused);
    expect(host.calls).toContain('file.again of refused');
    expect(host.calls.at(-1)).toBe('file.release again of refused');
    expect(told).toHaveLength(3);
  });

  it('types where they are at the prompt they were dropped on, quoted', async () => {
    const { guest, host, transfers } = create();
    host.drop('a b.txt', 'c');
    const paste = vi.fn();
    await transfers.importDropped(guest.session, [], { paste });
    expect(paste.mock.calls).toEqual([["'/root/a b.txt' /root/c "]]);
  });

  it('leaves out what is cancelled while it waits, and breaks off what is under way', async () => {
    const { guest, host, transfers, phases } = create();
    host.drop('a', 'b');
    guest.answers['importFile'] = () => {
      const [a, b] = transfers.queue.transfers;
      if (a && b) void transfers.queue.cancel(b);
      return { sizeBytes: 1 };
    };
    await transfers.importDropped(guest.session, []);
    expect(phases()).toEqual(['a done', 'b cancelled']);
    expect(host.calls).toContain('file.release of b');
    expect(guest.asked.filter((each) => each.startsWith('importFile'))).toEqual(['importFile /root/a']);
    transfers.queue.clear();
    expect(phases()).toEqual([]);
  });
});

describe('progress', () => {
  it('goes to the copy it is about', async () => {
    const { guest, host, transfers } = create();
    const seen: (string | number | null)[] = [];
    guest.answers['importFile'] = () => {
      const [transfer] = transfers.queue.transfers;
      transfers.queue.takeProgress({ token: 'another', doneBytes: 9, totalBytes: 10 });
      seen.push(transfer?.fraction ?? null);
      transfers.queue.takeProgress({ token: 'of a', doneBytes: 5, totalBytes: 10 });
      seen.push(transfer?.fraction ?? null);
      transfers.queue.takeProgress({ token: 'of a', doneBytes: 10, totalBytes: 10 });
      seen.push(transfer?.phase ?? null);
      return { sizeBytes: 10 };
    };
    host.drop('a');
    await transfers.importDropped(guest.session, []);
    expect(seen).toEqual([null, 0.5, 'finishing']);
  });
});

describe('copying out', () => {
  it('asks for a file, and gives a folder the name of an archive', async () => {
    const { guest, host, told, transfers } = create();
    host.answers['file.chooseExport'] = ok({ token: 'to', name: 'x' });
    await transfers.exportAll(guest.session, [{ guestPath: '/etc', kind: 'directory' }]);
    expect(guest.asked).toEqual(['exportTree /etc']);
    expect(told).toEqual(['/etc was copied out of web.']);
    expect(host.calls).toEqual(['file.chooseExport', 'file.release to']);
  });

  it('asks for one folder where several are to be copied', async () => {
    const { guest, host, told, transfers } = create();
    host.answers['file.chooseExportFolder'] = ok({ token: 'folder', name: 'Downloads' });
    host.answers['file.exportInto'] = ok({ token: 'to', name: 'x' });
    await transfers.exportAll(guest.session, [
      { guestPath: '/etc/hosts', kind: 'file' },
      { guestPath: '/root', kind: 'directory' },
    ]);
    expect(guest.asked).toEqual(['exportFile /etc/hosts', 'exportTree /root']);
    expect(told).toEqual(['2 items were copied out of web.']);
  });

  it('does nothing when the person closed the dialog', async () => {
    const { guest, host, told, transfers } = create();
    host.answers['file.chooseExport'] = ok(null);
    expect(await transfers.exportFile(guest.session, '/a')).toBe(false);
    expect([guest.asked, told]).toEqual([[], []]);
  });
});
