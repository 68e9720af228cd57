import { dialog, type BrowserWindow } from 'electron';
import type { Translate } from '../shared/text/translator.ts';
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
  private readonly t: () => Translate;

  constructor(running: RunningVms, events: PageEvents, t: () => Translate) {
    this.running = running;
    this.events = events;
    this.t = t;
  }

  watch(window: BrowserWindow): void {
    window.on('close', (event) => {
      // The window is only hidden.
      if (event.defaultPrevented) return;
      if (this.state === 'ready' || this.running.count === 0) return;
      event.preventDefault();
      if (this.state === 'no') {
        this.state = 'suspending';
        this.events.send('app.quitting', { reason: 'The window was closed.' });
      } else {
        void this.askAgain(window);
      }
    });
  }

  /** The page's process has ended. @returns whether that ends the app: there is nothing left to wait for */
  pageIsGone(window: BrowserWindow): boolean {
    if (this.state === 'suspending') this.finish(window);
    return this.state !== 'no';
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
    const t = this.t();
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message: t('quit.busy'),
      detail: t('quit.busy-about'),
      buttons: [t('quit.wait'), t('quit.now')],
      defaultId: 0,
      cancelId: 0,
    });
    this.isAsking = false;
    if (response === 1) this.finish(window);
  }
}
