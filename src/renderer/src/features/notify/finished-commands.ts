import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { Settings } from '../../../../shared/model/settings.ts';
import { formatAge } from '../../text/format-age.ts';
import { t } from '../../text/text.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import type { FinishedCommand } from '../terminal/command-marks.ts';

export interface FinishedSurroundings {
  readonly bridge: Pick<TerrariumBridge, 'call'>;
  readonly notices: Notices;
  settings(): Pick<Settings, 'notifyFinished' | 'notifyAfterSeconds'>;
  hasFocus(): boolean;
}

/** Where a command ran. */
export interface CommandPlace {
  readonly vmName: string;
  isShown(): boolean;
  /** Brings its terminal to the front. */
  show(): void;
}

/** Notifications whose click is still waited for. */
const PLACES_MAX = 20;

/** Tells of commands that took long, when the person looks elsewhere: by the system, or in the window while that is used. */
export class FinishedCommands {
  readonly #around: FinishedSurroundings;
  readonly #places = new Map<string, CommandPlace>();
  #lastToken = 0;

  constructor(around: FinishedSurroundings) {
    this.#around = around;
  }

  async take(command: FinishedCommand, place: CommandPlace): Promise<void> {
    const { notifyFinished, notifyAfterSeconds } = this.#around.settings();
    if (!notifyFinished || command.durationMs < notifyAfterSeconds * 1000) return;
    const hasFocus = this.#around.hasFocus();
    if (hasFocus && place.isShown()) return;
    const { title, body } = wordsOf(command, place.vmName);
    if (!hasFocus && (await this.#notify(title, body, place))) return;
    this.#around.notices.success(`${title} · ${body}`, { label: t('notify.show'), run: () => place.show() });
  }

  clicked(token: string): void {
    this.#places.get(token)?.show();
    this.#places.delete(token);
  }

  async #notify(title: string, body: string, place: CommandPlace): Promise<boolean> {
    this.#lastToken += 1;
    const token = `command-${this.#lastToken}`;
    this.#places.set(token, place);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= PLACES_MAX) break;
      this.#places.delete(oldest);
    }
    const result = await this.#around.bridge.call('notification.show', { token, title: title.slice(0, 200), body });
    return result.ok && result.value;
  }
}

/** The guest's words are in the title only: desktops take marks in the body for markup. */
function wordsOf({ text, exitCode, durationMs }: FinishedCommand, vmName: string) {
  const values = { command: text === '' ? t('notify.a-command') : text, vm: vmName };
  const time = formatAge(durationMs);
  const isFailed = exitCode !== null && exitCode !== 0;
  return {
    title: t(isFailed ? 'notify.failed' : 'notify.finished', values),
    body: isFailed ? t('notify.after-code', { time, code: exitCode }) : t('notify.after', { time }),
  };
}
