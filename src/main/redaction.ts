/** What a text must not give away, beside what is found by its looks. */
export interface Secrets {
  /** Names people gave: of VMs, snapshots, tags, LANs, their user, their computer. */
  readonly names: readonly string[];
  /** Folders of this computer. */
  readonly folders: readonly string[];
  /** Where the app itself lies: which of its files an error came from may be told. */
  readonly appFolder: string;
}

const QUOTED = /“[^”]*”|"[^"\n]*"|‘[^’]*’|`[^`\n]*`/gu;
const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>]+/giu;
const EMAIL = /[^\s<>@]+@[^\s<>@]+/gu;
/** Whatever has a slash or backslash in it: absolute, relative, of the host or of a guest. */
const PATH = /(?:\b[a-z]:)?[^\s<>:,;()]*[/\\][^\s<>:,;()]*/giu;
const MAC = /\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/giu;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/gu;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/giu;
const HOST = /(?:[\p{L}\p{N}\uE000_-]+\.)+(?:\p{L}{2,}|\uE000)(?![\p{L}\p{N}])/gu;
/** Ids and keys: long, and of digits and letters. */
const TOKEN = /(?<![\w+=-])(?=[\w+=-]*\d)[\w+=\uE000-]{12,}/gu;
/** Stands for a name until everything else is found: an address with a name in it is still an address. */
const NAME = '\uE000';

/** Takes out of texts what belongs to the person: a report is read by strangers. */
export class Redactor {
  private readonly known: readonly (readonly [pattern: RegExp, placeholder: string])[];
  private readonly appPath: RegExp;

  constructor({ names, folders, appFolder }: Secrets) {
    this.appPath = new RegExp(`(?:file://)?${escape(appFolder)}/((?:out|resources)/[\\w./-]+(?::\\d+){0,2})`, 'gu');
    this.known = [
      ...longestFirst(folders).map((folder) => [new RegExp(escape(folder), 'giu'), '/'] as const),
      ...longestFirst(names).map((name) => [wholeWord(name), NAME] as const),
    ];
  }

  text(text: string): string {
    let clean = '';
    let at = 0;
    for (const match of text.matchAll(this.appPath)) {
      clean += this.piece(text.slice(at, match.index)) + `<app>/${match[1] ?? ''}`;
      at = match.index + match[0].length;
    }
    return clean + this.piece(text.slice(at));
  }

  /** The same value with every text in it redacted; names of fields are the program's own. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.value(each)]));
  }

  private piece(text: string): string {
    let clean = text;
    for (const [pattern, placeholder] of this.known) clean = clean.replace(pattern, placeholder);
    return clean
      .replace(QUOTED, '“<text>”')
      .replace(ADDRESS, '<address>')
      .replace(EMAIL, '<address>')
      .replace(PATH, '<path>')
      .replace(MAC, '<address>')
      .replace(IPV4, '<address>')
      .replace(IPV6, '<address>')
      .replace(HOST, '<host>')
      .replace(TOKEN, '<token>')
      .replaceAll(NAME, '<name>');
  }
}

function longestFirst(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text.trim() !== '').sort((a, b) => b.length - a.length);
}

/** Not within a longer word: a VM called “a” must not eat every a. */
function wholeWord(name: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${escape(name)}(?![\\p{L}\\p{N}])`, 'giu');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
}
