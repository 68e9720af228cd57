import { describe, expect, it } from 'vitest';
import { RecentEntries } from './recent-entries.ts';

const storage = (text: string | null = null) => ({
  text,
  getItem() {
    return this.text;
  },
  setItem(_key: string, value: string) {
    this.text = value;
  },
});

describe('RecentEntries', () => {
  it('remembers each once, newest first, beyond the window’s life', () => {
    const kept = storage();
    const recent = new RecentEntries(kept);
    for (const id of ['a', 'b', 'a']) recent.add(id);
    expect(recent.ids).toEqual(['a', 'b']);
    expect(new RecentEntries(kept).ids).toEqual(['a', 'b']);
  });

  it('is bounded', () => {
    const recent = new RecentEntries(null);
    for (let number = 0; number < 100; number += 1) recent.add(String(number));
    expect(recent.ids).toHaveLength(20);
    expect(recent.ids[0]).toBe('99');
  });

  it.each(['', '{}', 'null', '[1,null]', '[', `["${'a'.repeat(300)}"]`])('makes nothing of %s', (text) =>
    expect(new RecentEntries(storage(text)).ids).toEqual([]),
  );
});
