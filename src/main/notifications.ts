import { Notification } from 'electron';

/** At most this many in {@link WINDOW_MS}: the texts have words of guests in them, which must not bury a desktop. */
const NOTIFICATIONS_MAX = 5;
const WINDOW_MS = 30_000;
/** Shown ones are held, so that a click is heard; the system forgets old ones itself. */
const HELD_MAX = 20;

export interface NotificationText {
  /** The page's name for it. */
  readonly token: string;
  readonly title: string;
  readonly body: string;
}

/** Messages of the system's, of which a page can show only so many. */
export class Notifications {
  private readonly shownAtMs: number[] = [];
  private readonly held: Notification[] = [];
  private readonly nowMs: () => number;
  private readonly onClick: (token: string) => void;

  constructor(nowMs: () => number, onClick: (token: string) => void) {
    this.nowMs = nowMs;
    this.onClick = onClick;
  }

  /** @returns false where the system shows none, or too many have been shown just now */
  show({ token, title, body }: NotificationText): boolean {
    const nowMs = this.nowMs();
    while (this.shownAtMs[0] !== undefined && this.shownAtMs[0] <= nowMs - WINDOW_MS) this.shownAtMs.shift();
    if (!Notification.isSupported() || this.shownAtMs.length >= NOTIFICATIONS_MAX) return false;
    this.shownAtMs.push(nowMs);
    const notification = new Notification({ title, body, silent: true });
    notification.on('click', () => this.onClick(token));
    this.held.push(notification);
    if (this.held.length > HELD_MAX) this.held.shift();
    notification.show();
    return true;
  }
}
