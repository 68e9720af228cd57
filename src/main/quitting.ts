import { dialog, type BrowserWindow } from 'electron';
import type { PageEvents } from './page-events.ts';
import type { RunningVms } from './running-vms.ts';

/**
 * Closing the window waits until the page has suspended its running VMs. A second attempt while it
 * does so asks whether to quit without.
 */
export class Quitting {
  private state: 'no' | 'suspending' | 'ready' = 'no';
  private isAsking = false;
  private readonly running: RunningVms;
  private readonly events: PageEvents;

  constructor(running: RunningVms, events: PageEvents) {
    this.running = running;
    this.events = events;
  }

  watch(window: BrowserWindow): void {
    window.on('close', (event) => {
      if (this.state === 'ready' || this.running.count === 0) return;
      event.preventDefault();
      if (this.state === 'no') {
        this.state = 'suspending';
        this.events.send('app.quitting', { reason: 'The window was closed.' });
      } else {
        void this.askAgain(window);
      }
    });
    // A page that crashed has no machines left to suspend; a fresh one offers the VMs as they were saved.
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      this.running.closeAll();
      if (this.state === 'suspending') this.finish(window);
      else if (reason !== 'clean-exit' && this.state === 'no') void offerReload(window, reason);
    });
  }

  /** The page has suspended everything. */
  ready(window: BrowserWindow | null): void {
    if (window) this.finish(window);
  }

  /** The user chose to stay. */
  cancelled(): void {
    this.state = 'no';
  }

  private finish(window: BrowserWindow): void {
    this.state = 'ready';
    if (!window.isDestroyed()) window.close();
  }

  private async askAgain(window: BrowserWindow): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message: 'VMs are still being suspended.',
      detail: 'Quitting now loses what they did since they were last saved.',
      buttons: ['Wait', 'Quit now'],
      defaultId: 0,
      cancelId: 0,
    });
    this.isAsking = false;
    if (response === 1) this.finish(window);
  }
}

async function offerReload(window: BrowserWindow, reason: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window has crashed.',
    detail: `The running VMs ended with it (${reason}). Their snapshots and last suspended states are untouched.`,
    buttons: ['Reload', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  if (window.isDestroyed()) return;
  if (response === 0) window.webContents.reload();
  else window.close();
}
