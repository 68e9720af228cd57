import { SearchAddon } from '@xterm/addon-search';
import type { Terminal } from '@xterm/xterm';
import { findProblem, searchOptions, type FindProblem, type FindQuery } from './find-query.ts';
import { searchColours, type TerminalAppearance } from './terminal-appearance.ts';

export interface FindResults {
  /** Of the match that is chosen, from 0; −1 when there is none, or more than can be counted. */
  readonly index: number;
  readonly count: number;
}

/** Marked matches are redrawn as text moves; more than this many would be what the terminal does all day. */
export const FIND_COUNT_MAX = 1000;

/** Looks for text in what a terminal holds, and marks what it found. */
export class TerminalFinder {
  readonly #terminal: Terminal;
  readonly #search = new SearchAddon({ highlightLimit: FIND_COUNT_MAX });
  readonly #appearance: () => TerminalAppearance;
  #last: FindQuery | null = null;

  constructor(terminal: Terminal, appearance: () => TerminalAppearance) {
    this.#terminal = terminal;
    this.#appearance = appearance;
    terminal.loadAddon(this.#search);
  }

  /**
   * Goes to the next or previous match. @param isIncremental while a person types: stays where it is as long as that matches
   * @returns why nothing is looked for, or null
   */
  find(query: FindQuery, direction: 'next' | 'previous', isIncremental: boolean): FindProblem | null {
    const problem = query.text === '' ? null : findProblem(query);
    if (query.text === '' || problem !== null) {
      this.end();
      return problem;
    }
    // The addon compares new options with themselves and would leave the marks of the old ones.
    if (this.#last !== null && differs(this.#last, query)) this.#search.clearDecorations();
    this.#last = query;
    const options = {
      ...searchOptions(query),
      incremental: isIncremental,
      decorations: searchColours(this.#appearance()),
    };
    if (direction === 'next') this.#search.findNext(query.text, options);
    else this.#search.findPrevious(query.text, options);
    return null;
  }

  end(): void {
    this.#last = null;
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
  }

  onResults(listener: (results: FindResults) => void): () => void {
    const subscription = this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      listener({ index: resultIndex, count: resultCount }),
    );
    return () => subscription.dispose();
  }
}

function differs(one: FindQuery, other: FindQuery): boolean {
  return (
    one.isCaseSensitive !== other.isCaseSensitive ||
    one.isWholeWord !== other.isWholeWord ||
    one.isPattern !== other.isPattern
  );
}
