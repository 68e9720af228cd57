/** What a guest may put on the clipboard at once: far more than anyone copies, far less than what hurts. */
export const GUEST_CLIPBOARD_MAX_BYTES = 100 * 1024;

/** What a program in the guest asks of the host's clipboard. */
export type ClipboardRequest =
  | { readonly kind: 'write'; readonly text: string }
  /** To read what is there, to clear it, too much, or nothing that makes sense. All of it is refused. */
  | { readonly kind: 'refused'; readonly why: 'read' | 'empty' | 'too-large' | 'malformed' };

/** `Pc` names selections of X11 and cut buffers; there is one clipboard here. */
const SELECTIONS = /^[cpqs0-7]*$/u;

/** Parses what follows `OSC 52 ;`: the selections, a semicolon, and text in base64 (xterm's ctlseqs). */
export function parseClipboardRequest(data: string): ClipboardRequest {
  const at = data.indexOf(';');
  if (at < 0 || !SELECTIONS.test(data.slice(0, at))) return { kind: 'refused', why: 'malformed' };
  const encoded = data.slice(at + 1);
  if (encoded === '?') return { kind: 'refused', why: 'read' };
  if (encoded === '') return { kind: 'refused', why: 'empty' };
  if (encoded.length > Math.ceil(GUEST_CLIPBOARD_MAX_BYTES / 3) * 4) return { kind: 'refused', why: 'too-large' };
  const text = decoded(encoded);
  return text === null || text === '' ? { kind: 'refused', why: 'malformed' } : { kind: 'write', text };
}

function decoded(encoded: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not base64, or not UTF-8: both are what the guest sent, not what went wrong.
    return null;
  }
}
