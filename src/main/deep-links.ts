import type { DeepLink } from '../shared/model/deep-link.ts';
import { linkIn, parseDeepLink } from './deep-link.ts';

/** The link that was opened last, until the page takes it: it may come before there is a page. */
export class DeepLinks {
  private waiting: DeepLink | null = null;
  private readonly onWaiting: () => void;

  constructor(onWaiting: () => void) {
    this.onWaiting = onWaiting;
  }

  /** A program was started with these arguments. */
  takeFrom(argv: readonly string[]): void {
    const link = linkIn(argv);
    if (link !== null) this.open(link);
  }

  open(link: string): void {
    this.waiting = parseDeepLink(link);
    this.onWaiting();
  }

  /** What a link asks for; each is told once. */
  take(): DeepLink | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }
}
