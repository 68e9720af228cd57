import type { WebContents } from 'electron';
import { eventChannel } from '../shared/ipc/channels.ts';
import type { EventName, Events } from '../shared/ipc/contract.ts';

/** Sends the contract's events to the page, when there is one. */
export class PageEvents {
  private page: WebContents | null = null;

  connect(page: WebContents): void {
    this.page = page;
    page.once('destroyed', () => {
      if (this.page === page) this.page = null;
    });
  }

  send<Name extends EventName>(name: Name, payload: Events[Name]): void {
    this.page?.send(eventChannel(name), payload);
  }
}
