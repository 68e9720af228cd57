import { describe, expect, it } from 'vitest';
import type { ScreenFrame } from './screen-frame.ts';
import type { ScreenAdapter, Vga } from './v86-internals.ts';
import { VgaScreen } from './vga-screen.ts';

const nothing = (): void => undefined;
const idle = (): ScreenAdapter => ({
  put_char: nothing,
  set_size_text: nothing,
  set_size_graphical: nothing,
  update_cursor: nothing,
  update_cursor_scanline: nothing,
  clear_screen: nothing,
  update_buffer: nothing,
});

/** A card in text mode that shows one letter, or in a graphics mode of one white pixel. */
function stage() {
  const screen = idle();
  let fills = 0;
  const image_data = { data: new Uint8ClampedArray([255, 255, 255, 0]), width: 1, height: 1 };
  const vga = {
    screen,
    graphical_mode: false,
    max_cols: 2,
    max_rows: 1,
    screen_width: 0,
    screen_height: 0,
    virtual_width: 1,
    virtual_height: 1,
    svga_bpp: 32,
    image_data: image_data as Vga['image_data'],
    set_size_graphical: nothing,
    update_layers: nothing,
    update_cursor: () => screen.update_cursor(0, 1),
    update_cursor_scanline: () => screen.update_cursor_scanline(14, 15, true),
    complete_redraw: () => screen.put_char(0, 0, 0x48, 0, 0, 0xaaaaaa),
    complete_replot: nothing,
    screen_fill_buffer: () => {
      fills += 1;
      const place = { screen_x: 0, screen_y: 0, buffer_x: 0, buffer_y: 0, buffer_width: 1, buffer_height: 1 };
      screen.update_buffer([{ image_data, ...place }]);
    },
  };
  const sent: ScreenFrame[] = [];
  let number = 0;
  let scheduled: (() => void)[] = [];
  const display = new VgaScreen(vga, {
    send: (frame, its) => {
      sent.push(frame);
      number = its;
    },
    schedule: (_afterMs, run) => void scheduled.push(run),
  });
  return {
    vga,
    display,
    sent,
    fills: () => fills,
    drawn: () => display.acked(number),
    /** Lets time pass until the next look. */
    next: () => {
      const due = scheduled;
      scheduled = [];
      for (const run of due) run();
    },
    scheduled: () => scheduled.length,
  };
}

describe('the display of a machine', () => {
  it('shows who begins to look what was written before', () => {
    const { display, sent } = stage();
    display.attach();
    expect(sent).toMatchObject([{ kind: 'text', columns: 2, rows: 1, cursor: { column: 1, row: 0 } }]);
    expect(sent[0]?.kind === 'text' && [...sent[0].characters]).toEqual([0x48, 0]);
  });

  it('sends the next frame when the last was drawn and something has changed', () => {
    const { display, sent, vga, next, drawn } = stage();
    display.attach();
    vga.screen.put_char(0, 1, 0x69, 0, 0, 0xaaaaaa);
    next();
    expect(sent).toHaveLength(1);
    drawn();
    next();
    expect(sent).toHaveLength(2);
    drawn();
    next();
    next();
    expect(sent).toHaveLength(2);
  });

  it('does nothing while nobody looks, and the adapter is v86’s own again', () => {
    const { display, vga, next, fills, scheduled, sent, drawn } = stage();
    const own = vga.screen.put_char;
    display.attach();
    expect(vga.screen.put_char).not.toBe(own);
    display.detach();
    expect(vga.screen.put_char).toBe(own);
    vga.graphical_mode = true;
    drawn();
    next();
    expect([fills(), scheduled(), sent.length]).toEqual([0, 0, 1]);
  });

  it('begins anew for the next one who looks, who has only one series of looks', () => {
    const { display, sent, scheduled, next } = stage();
    display.attach();
    display.attach();
    expect(sent).toHaveLength(2);
    next();
    expect(scheduled()).toBe(1);
  });

  it('shows pixels, and text again after them', () => {
    const { display, sent, vga, next, drawn } = stage();
    display.attach();
    drawn();
    vga.graphical_mode = true;
    vga.screen.set_size_graphical(1, 1, 1, 1);
    next();
    expect(sent.at(-1)).toMatchObject({ kind: 'picture', width: 1, height: 1 });
    drawn();
    vga.graphical_mode = false;
    next();
    expect(sent.map(({ kind }) => kind)).toEqual(['text', 'picture', 'text']);
  });

  it('survives registers that v86 cannot draw with, and says so once', () => {
    const { display, sent, vga, next, drawn } = stage();
    vga.graphical_mode = true;
    vga.screen_fill_buffer = () => {
      throw new RangeError('no such mode');
    };
    display.attach();
    drawn();
    next();
    next();
    expect(sent).toMatchObject([{ kind: 'unshown', why: 'unknown-mode' }]);
  });
});
