import { createHash, timingSafeEqual } from 'node:crypto';

/** A longer one is no token of ours; hashing it would be work for an attacker's sake. */
const TOKEN_MAX_CHARACTERS = 256;

/**
 * Which VM a secret stands for. Only hashes are kept, and all of them are compared to the end, so that neither memory
 * nor time tells anything of a secret.
 */
export class TokenTable {
  readonly #hashes = new Map<string, Buffer>();

  set(vmId: string, token: string): void {
    this.#hashes.set(vmId, hash(token));
  }

  delete(vmId: string): void {
    this.#hashes.delete(vmId);
  }

  /** The VM's id, or null. */
  find(token: string): string | null {
    if (token === '' || token.length > TOKEN_MAX_CHARACTERS) return null;
    const wanted = hash(token);
    let found: string | null = null;
    for (const [vmId, known] of this.#hashes) if (timingSafeEqual(known, wanted)) found = vmId;
    return found;
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
