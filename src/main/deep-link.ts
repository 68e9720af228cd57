import type { DeepLink } from '../shared/model/deep-link.ts';

/**
 * The scheme is that of the app's own page, too, which has the host `app`. Links are read here only, and never loaded, so
 * none of them leads to a page.
 */
const SCHEME = 'terrarium:';
/** Names of VMs and snapshots are shorter. */
const NAME_MAX = 200;
const LINK_MAX = 2048;

/** Reads a link, which anyone may have written. */
export function parseDeepLink(link: string): DeepLink {
  const url = link.length <= LINK_MAX && URL.canParse(link) ? new URL(link) : null;
  if (url?.protocol !== SCHEME) return refused('This is no Terrarium link.');
  if (url.host === 'open') return named(url, 'vm', (vm) => ({ kind: 'open', vm }));
  if (url.host === 'fork') return named(url, 'snapshot', (snapshot) => ({ kind: 'fork', snapshot }));
  return refused(
    'This link asks for something that links cannot do. They can open a VM or fork a snapshot. Nothing was done.',
  );
}

/** The first link among a program's arguments, which Chromium may have put others between; null for none. */
export function linkIn(argv: readonly string[]): string | null {
  return argv.find((argument) => argument.toLowerCase().startsWith(SCHEME)) ?? null;
}

function named(url: URL, parameter: string, link: (name: string) => DeepLink): DeepLink {
  const parameters = [...url.searchParams];
  const [only] = parameters;
  const isEmpty = ['', '/'].includes(url.pathname) && url.hash === '' && url.username === '' && url.port === '';
  if (parameters.length !== 1 || only?.[0] !== parameter || !isEmpty) {
    return refused(`This link is not complete: it should end in “?${parameter}=NAME”. Nothing was done.`);
  }
  const [, name] = only;
  return name === '' || name.length > NAME_MAX || /\p{C}/u.test(name)
    ? refused('This link has no proper name in it. Nothing was done.')
    : link(name);
}

function refused(message: string): DeepLink {
  return { kind: 'refused', message };
}
