/** How large what a VM shows is drawn: as large as there is room, or by whole multiples so that no pixel is smeared. */
export type Scaling = 'fit' | 'whole';

/** In CSS pixels. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** The width of a character in the display's own font; each is twice as high. */
const CHARACTER_WIDTH = 8;
/** Smaller ones nobody reads. */
const CELL_MIN_WIDTH = 4;

/** @returns the width of a character in device pixels; it is twice as high */
export function cellWidth(columns: number, rows: number, room: Room, pixelRatio: number, scaling: Scaling): number {
  const fitting = Math.floor(
    Math.min((room.width * pixelRatio) / Math.max(1, columns), (room.height * pixelRatio) / Math.max(1, rows) / 2),
  );
  if (scaling === 'fit') return Math.max(CELL_MIN_WIDTH, fitting);
  return CHARACTER_WIDTH * Math.max(1, Math.floor(fitting / CHARACTER_WIDTH));
}

/** @returns how many CSS pixels a pixel of the guest gets */
export function pictureScale(size: Room, room: Room, pixelRatio: number, scaling: Scaling): number {
  const fitting = Math.min(room.width / Math.max(1, size.width), room.height / Math.max(1, size.height));
  if (scaling === 'fit') return Math.max(fitting, 0.05);
  return Math.max(1, Math.floor(fitting * pixelRatio)) / pixelRatio;
}
