/** What a VM's screen shows, as it travels to who looks at it, and what is done on it. */

/** The largest picture that is passed on: 9 MiB. The emulated card can do 2560 × 1600. */
export const SCREEN_MAX_WIDTH = 1920;
export const SCREEN_MAX_HEIGHT = 1200;
/** The largest text screen; the card's registers could say 256 × 2048, real modes end at 132 × 60. */
export const SCREEN_MAX_COLUMNS = 256;
export const SCREEN_MAX_ROWS = 128;

export interface TextFrame {
  readonly kind: 'text';
  readonly columns: number;
  readonly rows: number;
  /** Of code page 437, row by row. */
  readonly characters: Uint8Array;
  /** 0xRRGGBB of each cell. */
  readonly foreground: Uint32Array;
  readonly background: Uint32Array;
  /** Null where it is switched off or outside. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
}

export interface PictureFrame {
  readonly kind: 'picture';
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and 255, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** A mode that is not shown: larger than is passed on, or one that the emulated card cannot draw. */
export interface UnshownFrame {
  readonly kind: 'unshown';
  readonly why: 'too-large' | 'unknown-mode';
  /** In pixels, or in characters. */
  readonly width: number;
  readonly height: number;
}

export type ScreenFrame = TextFrame | PictureFrame | UnshownFrame;

/** What a person does with keyboard and mouse while a VM's screen has them. */
export type ScreenInput =
  /** Bytes of scan code set 1. */
  | { readonly kind: 'keys'; readonly codes: Uint8Array }
  | {
      readonly kind: 'move';
      /** In pixels of the guest, right and down. */
      readonly dx: number;
      readonly dy: number;
      /** Where that leads, as shares of the screen, 0..1: for guests that know absolute mice. */
      readonly x: number;
      readonly y: number;
    }
  | { readonly kind: 'buttons'; readonly left: boolean; readonly middle: boolean; readonly right: boolean }
  /** Notches, downwards. */
  | { readonly kind: 'wheel'; readonly notches: number };
