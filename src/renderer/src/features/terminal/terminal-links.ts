import { WebLinksAddon } from '@xterm/addon-web-links';
import type { ILinkHandler, Terminal } from '@xterm/xterm';
import { t } from '../../text/text.svelte.ts';
import { openableAddress, opensLinks, PLAIN_ADDRESS } from './link-address.ts';
import { LinkHint } from './link-hint.ts';

/** The longest address that is shown whole. */
const SHOWN_CHARACTERS = 300;

/**
 * Addresses in a terminal, plain ones and those a program laid under other text (OSC 8): the pointer on one underlines it
 * and says where it leads, Control and a click (on a Mac Command) open it.
 */
export class TerminalLinks {
  readonly #hint: LinkHint;
  readonly #open: (address: string) => void;
  readonly #isMac = navigator.userAgent.includes('Mac OS X');

  constructor(terminal: Terminal, element: HTMLElement, open: (address: string) => void) {
    this.#hint = new LinkHint(element);
    this.#open = open;
    const handler: ILinkHandler = {
      // What may be opened is decided here; xterm knows less of it.
      allowNonHttpProtocols: true,
      activate: (event, printed) => this.#activate(event, printed),
      hover: (event, printed) => this.#hover(event, printed),
      leave: () => this.#hint.hide(),
    };
    terminal.options.linkHandler = handler;
    terminal.loadAddon(
      new WebLinksAddon((event, printed) => this.#activate(event, printed), {
        urlRegex: PLAIN_ADDRESS,
        hover: (event, printed) => this.#hover(event, printed),
        leave: () => this.#hint.hide(),
      }),
    );
    // What is under the pointer has moved away.
    terminal.onScroll(() => this.#hint.hide());
  }

  #activate(event: MouseEvent, printed: string): void {
    const address = openableAddress(printed);
    if (address === null || !opensLinks(event, this.#isMac)) return;
    this.#hint.hide();
    this.#open(address);
  }

  #hover(event: MouseEvent, printed: string): void {
    const address = openableAddress(printed);
    const how = this.#isMac ? t('terminal.link.open-mac') : t('terminal.link.open');
    if (address === null) this.#hint.show(event, shortened(printed), t('terminal.link.refused'));
    else this.#hint.show(event, shortened(address), how);
  }
}

function shortened(address: string): string {
  return address.length > SHOWN_CHARACTERS ? `${address.slice(0, SHOWN_CHARACTERS)}…` : address;
}
