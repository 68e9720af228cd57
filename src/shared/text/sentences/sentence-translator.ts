/** English sentences with named holes (“There is no file “{file}”.”), each with the same holes in another language. */
export type Sentences = Readonly<Record<string, string>>;

/** Longer than any sentence of ours; tool output that came with one follows after a line break. */
const MESSAGE_MAX_CHARACTERS = 4096;
/** What one message says at most, sentence by sentence. More stays as it is. */
const SENTENCES_MAX = 8;
/** A sentence in a hole may have holes itself. */
const DEPTH_MAX = 4;
/** How often a pattern is held against a message or a part of it, whatever a guest has put into it. */
const TRIES_MAX = 30_000;
const SENTENCE_END = /(?<=[.!?”)]) (?=[\p{Lu}“\d])/u;
const HOLE = /\{([^{}]+)\}/u;

interface Pattern {
  /** What stands between the holes; one more than there are holes. */
  readonly literals: readonly string[];
  readonly holes: readonly string[];
  readonly translation: readonly string[];
  /** Of its translation: the numbers of the holes, in its order. */
  readonly order: readonly number[];
  /** “{what}: {why}” says nothing by itself. */
  readonly isFrame: boolean;
}

/**
 * Translates what comes as a finished English sentence: failures are said where they happen, in English, and reach people
 * through many hands. Matched against the sentences there are, as gettext does, but with holes. What is in none of them
 * stays as it is, and so does what stands in a hole, unless it is a sentence itself.
 */
export class SentenceTranslator {
  /** Those that say most first: the words of one may fit into a hole of another. */
  readonly #patterns: readonly Pattern[];
  readonly #whole: ReadonlyMap<string, string>;
  #triesLeft = 0;

  constructor(sentences: Sentences) {
    // One that another follows ends with a space.
    const entries = Object.entries(sentences).map(([english, said]) => [english.trimEnd(), said.trimEnd()] as const);
    this.#whole = new Map(entries.filter(([english]) => !HOLE.test(english)));
    this.#patterns = entries
      .filter(([english]) => HOLE.test(english))
      .map(([english, translation]) => compile(english, translation))
      .toSorted((a, b) => lengthOf(b) - lengthOf(a));
  }

  translate(message: string): string {
    this.#triesLeft = TRIES_MAX;
    return message.length > MESSAGE_MAX_CHARACTERS ? message : (this.#one(message, 0) ?? this.#apart(message, 0));
  }

  /** Sentence by sentence; what a tool printed stands in lines of its own and stays. */
  #apart(message: string, depth: number): string {
    const lineEnd = message.indexOf('\n');
    const head = lineEnd < 0 ? message : message.slice(0, lineEnd);
    const parts = head.split(SENTENCE_END);
    if (parts.length > SENTENCES_MAX) return message;
    let said = '';
    for (let from = 0; from < parts.length;) {
      let to = parts.length;
      let translated: string | null = null;
      for (; to > from && translated === null; to -= 1) translated = this.#one(parts.slice(from, to).join(' '), depth);
      const isKnown = translated !== null;
      const needsSpace = said !== '' && !(isKnown && /[。？！”）]$/u.test(said));
      said += (needsSpace ? ' ' : '') + (translated ?? parts[from] ?? '');
      from = isKnown ? to + 1 : from + 1;
    }
    return lineEnd < 0 ? said : said + message.slice(lineEnd);
  }

  /** @returns null for what is no one sentence that is known */
  #one(text: string, depth: number): string | null {
    const whole = this.#whole.get(text);
    if (whole !== undefined) return whole;
    if (depth >= DEPTH_MAX) return null;
    for (const pattern of this.#patterns) {
      if (this.#triesLeft <= 0) return null;
      this.#triesLeft -= 1;
      const held = holesOf(pattern.literals, text);
      if (held === null) continue;
      const said = held.map((hole) => this.#one(hole, depth + 1) ?? this.#apart(hole, depth + 1));
      if (pattern.isFrame && said.every((each, index) => each === held[index])) continue;
      return pattern.translation.map((literal, index) => literal + (said[pattern.order[index] ?? -1] ?? '')).join('');
    }
    return null;
  }
}

function compile(english: string, translation: string): Pattern {
  const [literals, holes] = apart(english);
  const [translated, places] = apart(translation);
  // A hole that is there twice comes twice in the same order.
  const taken = new Set<number>();
  const order = places.map((name) => {
    const at = holes.findIndex((hole, index) => hole === name && !taken.has(index));
    taken.add(at);
    return at;
  });
  const isFrame = !/\p{L}/u.test(literals.join(''));
  return { literals, holes, translation: translated, order, isFrame };
}

function apart(text: string): [literals: string[], holes: string[]] {
  const pieces = text.split(HOLE);
  return [pieces.filter((_, index) => index % 2 === 0), pieces.filter((_, index) => index % 2 === 1)];
}

/** What is in the holes, the earliest each can end; each character is looked at once or twice, whatever a guest put in. */
function holesOf(literals: readonly string[], text: string): string[] | null {
  const [first = '', ...between] = literals;
  const last = between.pop() ?? '';
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return null;
  const holes: string[] = [];
  let from = first.length;
  for (const literal of between) {
    const at = text.indexOf(literal, from);
    if (at < 0 || at + literal.length > end) return null;
    holes.push(text.slice(from, at));
    from = at + literal.length;
  }
  holes.push(text.slice(from, end));
  return holes;
}

function lengthOf({ literals }: Pattern): number {
  return literals.reduce((sum, literal) => sum + literal.length, 0);
}
