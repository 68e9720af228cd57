import { dialog, type BrowserWindow } from 'electron';
import type { VmId } from '../shared/model/ids.ts';
import type { PageCrash } from '../shared/ipc/contract.ts';
import type { Translate } from '../shared/text/translator.ts';
import { CRASH_WINDOW_MS, PageCrashes } from './page-crashes.ts';
import type { Quitting } from './quitting.ts';
import type { RunningVms } from './running-vms.ts';

/** Ports of a dead process close within milliseconds; a busy machine may be slower to tell us. */
const GONE_WITH_PAGE_MS = 1000;

/**
 * Brings the page back after its process has crashed. The machines lived in that process, so they are gone; the page that
 * comes in its place is told which, and offers them as they were last saved.
 */
export class PageRecovery {
  private readonly crashes = new PageCrashes();
  private crash: PageCrash | null = null;
  private lastMs = -Infinity;
  /** With the last crash, and with those before it that were soon before. */
  private ended: ReadonlySet<VmId> = new Set();
  /** The machines that went last, and when: those of a page that crashes go a moment before Electron says so. */
  private readonly gone = new Map<VmId, number>();
  private readonly running: Pick<RunningVms, 'ids' | 'closeAll'>;
  private readonly quitting: Pick<Quitting, 'pageIsGone'>;
  private readonly t: () => Translate;

  constructor(
    running: Pick<RunningVms, 'ids' | 'closeAll'>,
    quitting: Pick<Quitting, 'pageIsGone'>,
    t: () => Translate,
  ) {
    this.running = running;
    this.quitting = quitting;
    this.t = t;
  }

  watch(window: BrowserWindow): void {
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit') return;
      console.error(`The page's process ended: ${reason}, exit code ${exitCode}.`);
      // A page that crashes soon after another leaves those that ended with that one to the next.
      const isSoon = performance.now() - this.lastMs < CRASH_WINDOW_MS;
      this.lastMs = performance.now();
      this.ended = new Set([...(isSoon ? this.ended : []), ...this.running.ids, ...this.goneJustNow()]);
      this.crash = { reason, vmIds: [...this.ended] };
      this.running.closeAll();
      if (this.quitting.pageIsGone(window)) return;
      if (this.crashes.note(performance.now()) === 'reload') reload(window);
      else void askToReload(window, reason, this.t());
    });
  }

  /** A machine is there no more, for whatever reason. */
  noteGone(id: VmId): void {
    this.gone.set(id, performance.now());
  }

  /** What crashed before the page that asks was there; told once. */
  take(): PageCrash | null {
    const { crash } = this;
    this.crash = null;
    return crash;
  }

  private goneJustNow(): readonly VmId[] {
    const sinceMs = performance.now() - GONE_WITH_PAGE_MS;
    return [...this.gone].filter(([, atMs]) => atMs >= sinceMs).map(([id]) => id);
  }
}

/** Later: Electron is still taking the old process apart. */
function reload(window: BrowserWindow): void {
  setImmediate(() => {
    if (!window.isDestroyed()) window.webContents.reload();
  });
}

async function askToReload(window: BrowserWindow, reason: string, t: Translate): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: t('crash.again'),
    detail: t('crash.again-about', { reason }),
    buttons: [t('crash.reload'), t('crash.quit')],
    defaultId: 0,
    cancelId: 1,
  });
  if (window.isDestroyed()) return;
  if (response === 0) window.webContents.reload();
  else window.close();
}
