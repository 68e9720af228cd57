import { dialog, type BrowserWindow } from 'electron';
import type { PageCrash } from '../shared/ipc/contract.ts';
import { PageCrashes } from './page-crashes.ts';
import type { Quitting } from './quitting.ts';
import type { RunningVms } from './running-vms.ts';

/**
 * Brings the page back after its process has crashed. The machines lived in that process, so they are gone; the page that
 * comes in its place is told which, and offers them as they were last saved.
 */
export class PageRecovery {
  private readonly crashes = new PageCrashes();
  private crash: PageCrash | null = null;
  private readonly running: Pick<RunningVms, 'ids' | 'closeAll'>;
  private readonly quitting: Pick<Quitting, 'pageIsGone'>;

  constructor(running: Pick<RunningVms, 'ids' | 'closeAll'>, quitting: Pick<Quitting, 'pageIsGone'>) {
    this.running = running;
    this.quitting = quitting;
  }

  watch(window: BrowserWindow): void {
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit') return;
      console.error(`The page's process ended: ${reason}, exit code ${exitCode}.`);
      // A page that crashes before it has asked leaves those of the crash before to the next one.
      const vmIds = [...new Set([...(this.crash?.vmIds ?? []), ...this.running.ids])];
      this.crash = { reason, vmIds };
      this.running.closeAll();
      if (this.quitting.pageIsGone(window)) return;
      if (this.crashes.note(performance.now()) === 'reload') reload(window);
      else void askToReload(window, reason);
    });
  }

  /** What crashed before the page that asks was there; told once. */
  take(): PageCrash | null {
    const { crash } = this;
    this.crash = null;
    return crash;
  }
}

/** Later: Electron is still taking the old process apart. */
function reload(window: BrowserWindow): void {
  setImmediate(() => {
    if (!window.isDestroyed()) window.webContents.reload();
  });
}

async function askToReload(window: BrowserWindow, reason: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window has crashed several times in a row.',
    detail: `The running VMs ended with it (${reason}). Their snapshots and last suspended states are untouched.`,
    buttons: ['Reload', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  if (window.isDestroyed()) return;
  if (response === 0) window.webContents.reload();
  else window.close();
}
