import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextScreen } from './text-screen.ts';

describe('a text screen', () => {
  it('keeps characters with their colours, and says when something has changed', () => {
    const screen = new TextScreen();
    screen.resize(80, 25);
    screen.put(1, 2, 0x41, 0x0000aa, 0xffffff);
    screen.showCursor(true);
    screen.moveCursor(1, 3);
    const frame = screen.take();
    if (frame.kind !== 'text') throw new Error(frame.kind);
    expect([frame.columns, frame.rows, frame.cursor]).toEqual([80, 25, { column: 3, row: 1 }]);
    expect([frame.characters[82], frame.background[82], frame.foreground[82]]).toEqual([0x41, 0x0000aa, 0xffffff]);
    expect(screen.hasChanged).toBe(false);
    screen.put(1, 2, 0x41, 0x0000aa, 0xffffff);
    screen.moveCursor(1, 3);
    expect(screen.hasChanged).toBe(false);
    screen.put(1, 2, 0x42, 0x0000aa, 0xffffff);
    expect(screen.hasChanged).toBe(true);
  });

  it('refuses a size that no real mode has, and keeps nothing of it', () => {
    const screen = new TextScreen();
    screen.resize(256, 2048);
    screen.put(2000, 255, 0x41, 0, 0);
    expect(screen.take()).toEqual({ kind: 'unshown', why: 'too-large', width: 256, height: 2048 });
    screen.resize(80, 25);
    expect(screen.take().kind).toBe('text');
  });

  it('takes whatever a guest writes, wherever that is', () => {
    const place = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(place, place, fc.array(fc.tuple(place, place, fc.nat(255))), (columns, rows, cells) => {
        const screen = new TextScreen();
        screen.resize(columns, rows);
        for (const [row, column, character] of cells) {
          screen.put(row, column, character, 0, 0xaaaaaa);
          screen.moveCursor(row, column);
        }
        screen.showCursor(true);
        const frame = screen.take();
        if (frame.kind === 'unshown') return;
        expect(frame.characters).toHaveLength(columns * rows);
        if (frame.cursor) expect(frame.cursor.column < columns && frame.cursor.row < rows).toBe(true);
      }),
    );
  });
});
