import { expect, type Locator, type Worker } from '@playwright/test';
import type { TerrariumApp } from './terrarium-app.ts';

/** The ways a VM's worker can end that nobody asked for. */
export type WorkerEnd = 'throws' | 'traps' | 'vanishes';

/** Ends a worker from within. */
export async function endWorker(worker: Worker, how: WorkerEnd): Promise<void> {
  await worker.evaluate((end) => {
    // Later, so that this call is answered.
    setTimeout(() => {
      if (end === 'throws') throw new Error('planted');
      if (end === 'vanishes') globalThis.close();
      else {
        // A module whose only function is `unreachable`: what a fault in the emulator's compiled code looks like.
        const trap = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0];
        const module = new WebAssembly.Module(new Uint8Array([...trap, 10, 5, 1, 3, 0, 0, 11]));
        (new WebAssembly.Instance(module).exports['f'] as () => void)();
      }
    });
  }, how);
}

/** The app after its page has crashed: Playwright has given that page up, so main is asked for what it shows. */
export class CrashedPage {
  private readonly app: TerrariumApp;

  constructor(app: TerrariumApp) {
    this.app = app;
  }

  async crash(): Promise<void> {
    await this.app.electron.evaluate(({ BrowserWindow }) => {
      setImmediate(() => BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer());
    });
  }

  /** Waits until an element shows with this text. */
  async shows(selector: string, text: RegExp): Promise<void> {
    await expect
      .poll(() => this.run<string>(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`))
      .toMatch(text);
  }

  async press(selector: string): Promise<void> {
    await this.run(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async stateOf(vmName: string): Promise<string> {
    return this.run(`document.querySelector('[data-vm-name=${JSON.stringify(vmName)}]')?.dataset.state ?? ''`);
  }

  async pressTab(name: string): Promise<void> {
    await this.run(
      `[...document.querySelectorAll('[role=tab]')].find((tab) => tab.innerText.includes(${JSON.stringify(name)})).click()`,
    );
  }

  /** What the terminal that shows has in its last lines. */
  terminalText(): Promise<string> {
    return this.run(`(() => {
      const shown = [...document.querySelectorAll('[data-testid=terminal]')].find((each) => each.checkVisibility());
      const event = new CustomEvent('terrarium:read-text', { detail: { text: '' } });
      shown?.dispatchEvent(event);
      return event.detail.text;
    })()`);
  }

  private run<Value>(script: string): Promise<Value> {
    return this.app.electron.evaluate(async ({ BrowserWindow }, code) => {
      const contents = BrowserWindow.getAllWindows()[0]!.webContents;
      // Between the crash and the new page nothing answers.
      if (contents.isCrashed() || contents.isLoading()) return '' as never;
      // A page that crashes meanwhile never answers.
      const late = new Promise((resolve) => setTimeout(() => resolve(''), 2000));
      return (await Promise.race([contents.executeJavaScript(code), late])) as never;
    }, script);
  }
}

/** What stands in the place of a VM that crashed. */
export function crashedVm(app: TerrariumApp): {
  readonly hero: Locator;
  readonly lastSaved: Locator;
  readonly details: Locator;
} {
  const hero = app.page.getByTestId('hero');
  return { hero, lastSaved: hero.getByTestId('last-saved'), details: hero.getByTestId('crash-details') };
}
