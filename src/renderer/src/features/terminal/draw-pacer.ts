import type { Terminal } from '@xterm/xterm';

/**
 * How often a terminal is drawn while more goes by than anybody reads. Drawing costs many times what taking the bytes in
 * costs; the frames between are for the rest of the window.
 */
const FLOOD_DRAW_MS = 60;

type Cell = [column: number, row: number];

/**
 * The part of xterm that draws. Not in its public types, but what its own addons for drawing use (addon-webgl 0.19,
 * src/WebglAddon.ts); it is there once the terminal was opened.
 */
export interface DrawingCore {
  readonly _renderService: {
    refreshRows(start: number, end: number, isRedrawOnly?: boolean): void;
    /** Called for each frame that scrolled, whether anything is selected or not; draws all rows at once. */
    handleSelectionChanged?(start: Cell | undefined, end: Cell | undefined, isColumns: boolean): void;
  };
  /** Puts the text field, in which input methods compose, where the cursor is. The page is laid out anew each time. */
  _syncTextArea?(): void;
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
export function drawingCoreOf(terminal: Terminal): DrawingCore | null {
  const { _core: core } = terminal as unknown as { _core?: Partial<DrawingCore> };
  return typeof core?._renderService?.refreshRows === 'function' ? (core as DrawingCore) : null;
}

/** Has a terminal drawn less often while it is flooded. What it shows in the end is the same. */
export function paceDrawing(core: DrawingCore, isFlooded: () => boolean, around: PacerSurroundings = PAGE): void {
  const service = core._renderService;
  const refreshRows = service.refreshRows.bind(service);
  const changeSelection = service.handleSelectionChanged?.bind(service);
  const placeTextArea = core._syncTextArea?.bind(core);
  let drawnAtMs = -Infinity;
  let isWaiting = false;
  let isSelected = false;
  let rows: { start: number; end: number } | null = null;
  let laterSelection: (() => void) | null = null;
  let laterPlace: (() => void) | null = null;

  const draw = (): void => {
    isWaiting = false;
    drawnAtMs = around.nowMs();
    const [owed, selection, place] = [rows, laterSelection, laterPlace];
    rows = laterSelection = laterPlace = null;
    if (owed) refreshRows(owed.start, owed.end);
    selection?.();
    place?.();
  };
  const drawSoon = (): void => {
    if (!isFlooded()) draw();
    else if (!isWaiting) {
      isWaiting = true;
      around.after(Math.max(0, drawnAtMs + FLOOD_DRAW_MS - around.nowMs()), draw);
    }
  };

  service.refreshRows = (start, end, isRedrawOnly) => {
    if (rows === null && !isFlooded()) refreshRows(start, end, isRedrawOnly);
    else {
      rows = rows === null ? { start, end } : { start: Math.min(rows.start, start), end: Math.max(rows.end, end) };
      drawSoon();
    }
  };
  if (changeSelection) {
    service.handleSelectionChanged = (start, end, isColumns) => {
      const wasSelected = isSelected;
      isSelected = start !== undefined && end !== undefined;
      // Rows that changed are drawn by the other function.
      if (!isSelected && !wasSelected) return;
      laterSelection = () => changeSelection(start, end, isColumns);
      drawSoon();
    };
  }
  if (placeTextArea) {
    core._syncTextArea = () => {
      laterPlace = placeTextArea;
      drawSoon();
    };
  }
}
