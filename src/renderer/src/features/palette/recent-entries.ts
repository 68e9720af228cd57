const RECENT_MAX = 20;
const KEY = 'terrarium.palette.recent';
const ID_MAX = 200;

/** What was chosen in the palette lately, newest first. Kept by the page: losing it costs nothing. */
export class RecentEntries {
  #ids: readonly string[];
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | null;

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'> | null) {
    this.#storage = storage;
    this.#ids = read(storage?.getItem(KEY) ?? '');
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  add(id: string): void {
    this.#ids = [id, ...this.#ids.filter((other) => other !== id)].slice(0, RECENT_MAX);
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#ids));
    } catch {
      // Full, or refused: it is remembered until the window closes.
    }
  }
}

function read(text: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(text);
    if (!Array.isArray(stored)) return [];
    return stored.filter((id): id is string => typeof id === 'string' && id.length <= ID_MAX).slice(0, RECENT_MAX);
  } catch {
    return [];
  }
}
