import type { BrowserWindow } from 'electron';

/** What a window says of itself when it comes into sight or goes out of it. */
type Sighted = Pick<BrowserWindow, 'isVisible' | 'isMinimized' | 'isDestroyed'> & {
  on(event: 'show' | 'hide' | 'minimize' | 'restore', listener: () => void): unknown;
};

/** Tells whenever a window came into sight or went out of it: minimised and hidden windows are seen by nobody. */
export function watchSight(window: Sighted, tell: (isSeen: boolean) => void): void {
  let wasSeen = true;
  const look = (): void => {
    if (window.isDestroyed()) return;
    const isSeen = window.isVisible() && !window.isMinimized();
    if (isSeen !== wasSeen) tell(isSeen);
    wasSeen = isSeen;
  };
  for (const event of ['show', 'hide', 'minimize', 'restore'] as const) window.on(event, look);
}
