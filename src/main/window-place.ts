import type { WindowState } from './settings-store.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** As much of the title bar as a person needs to take hold of it. */
const GRIP_PX = 80;
const TITLE_BAR_PX = 40;

/**
 * Where the window goes: where it was, on the display it was on. When that display is gone, the window goes to the
 * middle of the first one; when the display is smaller now, the window is as large as fits.
 * @param areas what displays have for windows, the primary one first
 */
export function placeWindow(state: WindowState, areas: readonly Area[]): WindowState {
  const { x, y, width, height, maximized } = state;
  const home = x === undefined || y === undefined ? undefined : displayOf({ x, y, width, height }, areas);
  const area = home ?? areas[0];
  if (area === undefined) return { width, height, maximized };
  const fitted = { width: Math.min(width, area.width), height: Math.min(height, area.height), maximized };
  if (home === undefined || x === undefined || y === undefined) return fitted;
  return {
    ...fitted,
    x: within(x, fitted.width, area.x, area.width),
    y: within(y, fitted.height, area.y, area.height),
  };
}

/** The display that shows most of the window, if it shows enough to take hold of it. */
function displayOf(window: Area, areas: readonly Area[]): Area | undefined {
  const seen = areas
    .filter((area) => overlap(window, area).width >= GRIP_PX && isTitleBarOn(window, area))
    .sort((a, b) => surface(overlap(window, b)) - surface(overlap(window, a)));
  return seen[0];
}

function isTitleBarOn(window: Area, area: Area): boolean {
  return window.y >= area.y - TITLE_BAR_PX / 4 && window.y <= area.y + area.height - TITLE_BAR_PX;
}

function overlap(a: Area, b: Area): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)),
  };
}

function surface({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height;
}

/** A window that hangs over the edge stays there as far as it can still be taken hold of; one larger than all of it does not. */
function within(at: number, length: number, from: number, available: number): number {
  return length === available ? from : at;
}
