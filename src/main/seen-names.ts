/** More names than a log of a thousand lines could hold. */
const NAMES_MAX = 5000;

/** Names the library has had since the app was started: a log may repeat those of things that are gone by now. */
export class SeenNames {
  private readonly names = new Set<string>();

  add(names: readonly string[]): void {
    for (const name of names) {
      // The one that was seen last is forgotten last.
      this.names.delete(name);
      this.names.add(name);
    }
    for (const oldest of this.names) {
      if (this.names.size <= NAMES_MAX) break;
      this.names.delete(oldest);
    }
  }

  list(): readonly string[] {
    return [...this.names];
  }
}
