/** A domain as a rule gives it: one name, or all names below it. */
export interface DomainPattern {
  /** Lower case, no trailing dot. */
  readonly name: string;
  /** `*.name`: everything below it, without itself. */
  readonly isWildcard: boolean;
}

const NAME_MAX_CHARACTERS = 253;
/** Underscores are no host names, but are looked up (`_dmarc`, `_acme-challenge`). */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const ALL_DIGITS = /^[0-9]+$/;

/** @returns The pattern, or why the text is none: the end of a sentence that began with the text. */
export function parseDomainPattern(text: string): DomainPattern | string {
  const lower = text.trim().toLowerCase();
  if (lower === '*') return 'would match every name; leave the domain out to match everything';
  const isWildcard = lower.startsWith('*.');
  const name = (isWildcard ? lower.slice(2) : lower).replace(/\.$/, '');
  if (name === '') return 'is not a domain';
  if (name.includes('*')) return 'has a “*” where none can be; only “*.” at the start is understood';
  if (/[\u0080-\u{10ffff}]/u.test(name)) return 'has letters outside ASCII; write the domain in its “xn--” form';
  if (name.length > NAME_MAX_CHARACTERS) return `is longer than the ${NAME_MAX_CHARACTERS} characters of a domain`;
  const labels = name.split('.');
  if (!labels.every((label) => LABEL.test(label))) return 'is not a domain';
  if (name.includes(':') || ALL_DIGITS.test(labels.at(-1) ?? '')) return 'is an address; write it as a CIDR';
  return { name, isWildcard };
}

/** @param name lower case, no trailing dot */
export function matchesDomain(pattern: DomainPattern, name: string): boolean {
  if (!pattern.isWildcard) return name === pattern.name;
  const at = name.length - pattern.name.length - 1;
  if (at <= 0 || name.charCodeAt(at) !== DOT || !name.endsWith(pattern.name)) return false;
  // `x\.example.org` is one label before `org`: an escaped dot divides nothing (RFC 1035, 5.1).
  let before = at;
  while (before > 0 && name.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

export const domainText = ({ name, isWildcard }: DomainPattern): string => (isWildcard ? `*.${name}` : name);
