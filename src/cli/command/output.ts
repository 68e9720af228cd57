import { printable, printableJson, printableLines } from '../terminal/printable.ts';
import { ProgressLine, type Progress } from '../terminal/progress-line.ts';
import { hasColours, painter, type Painter } from '../terminal/style.ts';
import { tableLines, type Column } from '../terminal/table.ts';

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** What a command says: results on standard output, everything else on standard error. */
export class Output {
  readonly isJson: boolean;
  /** Colours for standard output. */
  readonly paint: Painter;
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #progress: ProgressLine;
  #hasDocument = false;

  constructor(
    isJson: boolean,
    stdout: Stream = process.stdout,
    stderr: Stream = process.stderr,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.isJson = isJson;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#progress = new ProgressLine(stderr, env);
    this.paint = painter(hasColours(stdout, env));
  }

  /** A line for a person, who may not be there: with `--json` it is left out. */
  line(text: string): void {
    this.marked('', text);
  }

  /** A line after a label of ours, which may be painted. */
  marked(label: string, text: string): void {
    this.#progress.clear();
    if (!this.isJson) this.#stdout.write(`${label}${printable(text)}\n`);
  }

  /** A table, or a sentence when there is nothing to put into it. */
  tableOr(sentence: string, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) this.line(sentence);
    else this.table(columns, rows);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    if (this.isJson) return;
    const widthColumns = this.#stdout.isTTY ? this.#stdout.columns : null;
    const lines = tableLines(columns, rows, { paint: this.paint, widthColumns });
    this.#stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Whether the document of `--json` is still to come. */
  get lacksDocument(): boolean {
    return this.isJson && !this.#hasDocument;
  }

  /** The document of `--json`; without, nothing. A command has one: what comes after it is not printed. */
  json(value: unknown): void {
    this.#progress.clear();
    if (!this.lacksDocument) return;
    this.#hasDocument = true;
    this.#stdout.write(`${printableJson(value)}\n`);
  }

  /** A sentence about what went wrong or deserves attention. */
  complain(sentence: string): void {
    this.#progress.clear();
    this.#stderr.write(`terrarium: ${printableLines(sentence)}\n`);
  }

  progress(progress: Progress): void {
    this.#progress.show(progress);
  }

  endProgress(): void {
    this.#progress.clear();
  }
}
