import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { FailureError } from '../../src/shared/result.ts';

/** True where a window can be shown. Only Linux can be without a display. */
export function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true;
  return (process.env['DISPLAY'] ?? '') !== '' || (process.env['WAYLAND_DISPLAY'] ?? '') !== '';
}

export interface VirtualDisplay {
  /** To be set as DISPLAY. */
  readonly name: string;
  stop(): Promise<void>;
}

/** How long Xvfb may take to be ready; usually it is half a second. */
const START_MS = 15_000;

/** Starts an X server without a screen on a display number of its own choice. */
export async function startVirtualDisplay(): Promise<VirtualDisplay> {
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // Ctrl-C goes to all of the terminal's group; the display must outlive the windows on it.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    xvfb.once('close', () => resolve());
  });
  let errors = '';
  xvfb.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const stopXvfb = (): void => {
    xvfb.kill('SIGTERM');
  };
  // Also when this process ends by itself in the middle of the tests.
  process.once('exit', stopXvfb);
  const number = await new Promise<string>((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => {
      stopXvfb();
      reject(
        new FailureError(
          'missing-tool',
          `There is no display, and Xvfb ${why} Install it with: sudo apt-get install xvfb`,
          { cause },
        ),
      );
    };
    const timer = setTimeout(() => fail('did not become ready.'), START_MS);
    xvfb.once('error', (cause) => fail('could not be started.', cause));
    xvfb.once('close', () => fail(`ended at once: ${errors.trim()}`));
    let text = '';
    const status = xvfb.stdio[3];
    if (status instanceof Readable) {
      status.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (!text.includes('\n')) return;
        clearTimeout(timer);
        resolve(text.trim());
      });
    }
  });
  return {
    name: `:${number}`,
    stop: async () => {
      process.off('exit', stopXvfb);
      stopXvfb();
      await ended;
    },
  };
}
