import type { Terminal } from '@xterm/xterm';

/**
 * How often a terminal is drawn while more goes by than anybody reads. Drawing costs many times what taking the bytes in
 * costs; the frames between are for the rest of the window.
 */
const FLOOD_DRAW_MS = 60;

/**
 * The part of xterm that draws. Not in its public types, but what its own addons for drawing use (addon-webgl 0.19,
 * src/WebglAddon.ts); it is there once the terminal was opened.
 */
export interface RenderService {
  refreshRows(start: number, end: number, isRedrawOnly?: boolean): void;
}

export interface PacerSurroundings {
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
}

const PAGE: PacerSurroundings = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => void setTimeout(run, delayMs),
};

/** @returns null where a newer xterm has it elsewhere: it draws as often as it likes then */
export function renderServiceOf(terminal: Terminal): RenderService | null {
  const { _core: core } = terminal as unknown as { _core?: { _renderService?: Partial<RenderService> } };
  const service = core?._renderService;
  return typeof service?.refreshRows === 'function' ? (service as RenderService) : null;
}

/** Has a terminal drawn less often while it is flooded. What it shows in the end is the same. */
export function paceDrawing(service: RenderService, isFlooded: () => boolean, around: PacerSurroundings = PAGE): void {
  const refreshRows = service.refreshRows.bind(service);
  let drawnAtMs = -Infinity;
  let rows: { start: number; end: number } | null = null;
  let isWaiting = false;
  const draw = (): void => {
    isWaiting = false;
    if (rows === null) return;
    const { start, end } = rows;
    rows = null;
    drawnAtMs = around.nowMs();
    refreshRows(start, end);
  };
  service.refreshRows = (start, end, isRedrawOnly) => {
    if (rows === null && !isFlooded()) {
      refreshRows(start, end, isRedrawOnly);
      return;
    }
    rows = rows === null ? { start, end } : { start: Math.min(rows.start, start), end: Math.max(rows.end, end) };
    if (!isFlooded()) draw();
    else if (!isWaiting) {
      isWaiting = true;
      around.after(Math.max(0, drawnAtMs + FLOOD_DRAW_MS - around.nowMs()), draw);
    }
  };
}
