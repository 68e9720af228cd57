/** Host paths the user chose, behind random tokens: the page names a token, never a path. */
export class FileTokens {
  private readonly paths = new Map<string, string>();
  private readonly randomHex: () => string;

  /** @param randomHex gives 32 random hexadecimal digits */
  constructor(randomHex: () => string) {
    this.randomHex = randomHex;
  }

  issue(direction: 'import' | 'export', path: string): string {
    // A person who chose this many files without using them has left; the oldest are forgotten.
    for (const oldest of this.paths.keys()) {
      if (this.paths.size < TOKENS_MAX) break;
      this.paths.delete(oldest);
    }
    const token = this.randomHex();
    this.paths.set(`${direction}:${token}`, path);
    return token;
  }

  /** The path behind a token, once. */
  take(direction: 'import' | 'export', token: string): string | null {
    const key = `${direction}:${token}`;
    const path = this.paths.get(key) ?? null;
    this.paths.delete(key);
    return path;
  }
}

const TOKENS_MAX = 1024;
