import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordFolder } from './record-folder.ts';

interface Note {
  readonly id: string;
  readonly text: string;
}

function parseNote(value: unknown): Note {
  if (typeof value === 'object' && value !== null && 'id' in value && 'text' in value) {
    return { id: String(value.id), text: String(value.text) };
  }
  throw new Error('not a note');
}

describe('RecordFolder', () => {
  let folder = '';
  let notes: RecordFolder<Note>;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-records-'));
    notes = new RecordFolder(folder, 'note', parseNote);
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('calls a record under the name of another damaged, and the original works', async () => {
    const original = await notes.put({ id: 'one', text: 'first' });
    await copyFile(path.join(folder, 'one.json'), path.join(folder, 'two.json'));
    const { records, problems } = await notes.list();
    expect(records).toEqual([original]);
    expect(problems).toEqual(['The note two is damaged on disk (it holds another note) and was not loaded.']);
    await expect(notes.get('two')).rejects.toMatchObject({ code: 'damaged' });
    expect(await notes.get('one')).toEqual(original);
  });
});
