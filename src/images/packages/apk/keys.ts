import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { FailureError } from '../../../shared/result.ts';

/**
 * Alpine's own keys for 32-bit x86, by the SHA-256 of their files, as they stand in the minimal root file system of
 * Alpine 3.20.3. Keys in a root file system that are not among them sign nothing here: who can change the mirror
 * could bring a key along.
 */
export const ALPINE_KEYS: ReadonlySet<string> = new Set([
  '9c102bcc376af1498d549b77bdbfa815ae86faa1d2d82f040e616b18ef2df2d4',
  'ebf31683b56410ecc4c00acd9f6e2839e237a3b62b5ae7ef686705c7ba0396a9',
  '12f899e55a7691225603d6fb3324940fc51cd7f133e7ead788663c2b7eecb00c',
  '207e4696d3c05f7cb05966aee557307151f1f00217af4143c1bcaf33b8df733f',
  '128d34d4aec39b0daedea8163cd8dc24dff36fd3d848630ab97eeb1d3084bbb3',
]);

const KEY_MAX_BYTES = 16 * 1024;
/** Shorter RSA keys than the oldest of Alpine's are no protection. */
const MODULUS_MIN_BITS = 2048;

/** `.SIGN.RSA.` is over SHA-1, as Alpine's mirrors have it; `.SIGN.RSA256.` over SHA-256. Both are PKCS #1 v1.5. */
const SIGNATURE_NAME = /^\.SIGN\.(RSA|RSA256|RSA512)\.([A-Za-z0-9@+._-]{1,200})$/;
const DIGESTS: Readonly<Record<string, string>> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' };

export interface Signature {
  /** Of the entry, which names the kind and the key. */
  readonly entryName: string;
  readonly bytes: Uint8Array;
}

/** The keys whose signatures count. */
export class KeyRing {
  private readonly keys = new Map<string, KeyObject>();

  /**
   * @param files name of the file (as in /etc/apk/keys) to its content
   * @param trusted SHA-256 of the contents that are believed
   */
  constructor(files: ReadonlyMap<string, Uint8Array>, trusted: ReadonlySet<string>) {
    for (const [name, bytes] of files) {
      if (bytes.byteLength > KEY_MAX_BYTES || !trusted.has(fingerprintOf(bytes))) continue;
      const key = publicKey(bytes);
      if (key !== null) this.keys.set(name, key);
    }
  }

  get size(): number {
    return this.keys.size;
  }

  /**
   * @param what the file that is signed, for the sentence
   * @throws FailureError `damaged` unless one of the signatures is right
   */
  check(signed: Uint8Array, signatures: readonly Signature[], what: string): void {
    let isKnown = false;
    for (const { entryName, bytes } of signatures) {
      const [, kind = '', keyName = ''] = SIGNATURE_NAME.exec(entryName) ?? [];
      const digest = DIGESTS[kind];
      const key = this.keys.get(keyName);
      if (digest === undefined || key === undefined) continue;
      isKnown = true;
      if (verify(digest, signed, key, bytes)) return;
    }
    throw new FailureError(
      'damaged',
      isKnown
        ? `The signature of ${what} is wrong: the mirror is broken, or somebody changed it. Nothing of it was used.`
        : `${what} is not signed by a key of Alpine's that is known here. Nothing of it was used.`,
    );
  }
}

export function fingerprintOf(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex');
}

function publicKey(bytes: Uint8Array): KeyObject | null {
  try {
    const key = createPublicKey(Buffer.from(bytes));
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === 'rsa' && bits >= MODULUS_MIN_BITS ? key : null;
  } catch {
    // A file among the keys that is none signs nothing.
    return null;
  }
}
