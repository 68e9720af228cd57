import { KERNEL_CHOICES, RECIPE_NETWORKS } from '../../shared/model/image.ts';
import { parseMemoryMib } from '../../shared/model/names.ts';
import { baseOf, isBesideName } from './parse-base.ts';
import { excerpt, readFields, recipeFault, wordsOf, type Field, type Piece, type Position } from './recipe-text.ts';
import type { RecipeDocument, RecipeFile, RecipeSource } from './recipe.ts';

const FORMAT = '1';
export const RECIPE_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
export const RECIPE_NAME_MAX_CHARACTERS = 32;
const TITLE_MAX_CHARACTERS = 60;
const DESCRIPTION_MAX_CHARACTERS = 400;
export const PACKAGES_MAX = 200;
export const FILES_MAX = 200;
export const COMMANDS_MAX = 50;
/** Of a package's name with what apk may have after it. */
const PACKAGE = /^[A-Za-z0-9][A-Za-z0-9+._:@<>=~-]{0,127}$/;
/** A file of apt's settings. */
const SOURCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const SOURCES_MAX = 20;
const GUEST_PATH = /^(?:\/[^/\s]+)+$/;
/** Ours, or the kernel's. */
const TAKEN_FOLDERS = ['/proc', '/sys', '/dev', '/run', '/tmp', '/usr/lib/terrarium'];
const GUEST_PATH_MAX_CHARACTERS = 200;
/** These may be written several times. */
const LISTS = ['packages', 'sources', 'file', 'copy', 'run'];
/** Below these, lines may follow that belong to them. */
const BLOCKS = ['description', 'packages', 'sources', 'file', 'run'];
const KEYS = ['recipe', 'name', 'title', 'description', 'base', 'memory', 'kernel', 'network', ...LISTS] as const;

/**
 * Reads a recipe (docs/recipes.md has the format). Nothing is asked of the disk here.
 * @param file what the recipe is called in sentences
 * @throws FailureError `bad-input` with file, line and column
 */
export function parseRecipe(bytes: Uint8Array, file: string): RecipeDocument {
  return new RecipeReader(readFields(bytes, file), file).read();
}

class RecipeReader {
  private readonly fields: readonly Field[];
  private readonly file: string;

  constructor(fields: readonly Field[], file: string) {
    this.fields = fields;
    this.file = file;
  }

  read(): RecipeDocument {
    this.checkKeys();
    const base = this.needed('base', 'tiny, alpine, debian, tarball FILE or recipe NAME');
    const name = this.name();
    return {
      file: this.file,
      name,
      title: this.text('title', TITLE_MAX_CHARACTERS) ?? name,
      description: this.text('description', DESCRIPTION_MAX_CHARACTERS) ?? '',
      base: baseOf(wordsOf(base), base.value, this.file),
      basedAt: base.value,
      packages: this.packages(),
      sources: this.sources(),
      files: this.files(),
      commands: this.commands(),
      memoryMib: this.memory(),
      kernel: this.choice('kernel', KERNEL_CHOICES),
      network: this.choice('network', RECIPE_NETWORKS),
    };
  }

  private checkKeys(): void {
    const first = this.fields[0];
    if (first?.key.text !== 'recipe' || first.value.text !== FORMAT) {
      const at = first?.key.text === 'recipe' ? first.value : (first?.key ?? { line: 1, column: 1 });
      throw this.fault(at, `A recipe begins with “recipe: ${FORMAT}”, the number of its format.`);
    }
    const seen = new Map<string, Position>();
    for (const { key, value, block } of this.fields) {
      if (!KEYS.some((known) => known === key.text))
        throw this.fault(key, `There is no field “${excerpt(key.text)}”. There are: ${KEYS.join(', ')}.`);
      const earlier = seen.get(key.text);
      if (earlier !== undefined && !LISTS.includes(key.text))
        throw this.fault(key, `“${key.text}” is there already, in line ${earlier.line}. Leave one out.`);
      seen.set(key.text, key);
      const [below] = block;
      if (below !== undefined && !BLOCKS.includes(key.text))
        throw this.fault(below, `“${key.text}” has one line only. Remove the indented lines below it.`);
      if (value.text === '' && (below === undefined || key.text === 'file'))
        throw this.fault(value, `“${key.text}” needs a value after its colon.`);
    }
  }

  private name(): string {
    const { value } = this.needed('name', 'a name such as my-alpine');
    if (!RECIPE_NAME.test(value.text) || value.text.length > RECIPE_NAME_MAX_CHARACTERS) {
      throw this.fault(
        value,
        `A recipe’s name has small letters, digits and single dashes, ${RECIPE_NAME_MAX_CHARACTERS} at most, and begins with a letter; “${excerpt(value.text)}” does not.`,
      );
    }
    if (value.text === 'tarball')
      throw this.fault(value, '“tarball” is what images of imported files are called. Choose another name.');
    return value.text;
  }

  private text(key: string, maxCharacters: number): string | null {
    const field = this.fields.find((candidate) => candidate.key.text === key);
    if (field === undefined) return null;
    const text = wordsOf(field)
      .map((word) => word.text)
      .join(' ');
    if (Array.from(text).length > maxCharacters)
      throw this.fault(field.value, `The ${key} is longer than ${maxCharacters} characters. Shorten it.`);
    return text;
  }

  private packages(): string[] {
    const words = this.all('packages').flatMap(wordsOf);
    for (const word of words)
      if (!PACKAGE.test(word.text)) throw this.fault(word, `“${excerpt(word.text)}” is not the name of a package.`);
    const names = [...new Set(words.map(({ text }) => text))];
    const beyond = words[PACKAGES_MAX];
    if (beyond !== undefined && names.length > PACKAGES_MAX)
      throw this.fault(beyond, `A recipe can name ${PACKAGES_MAX} packages; what they need comes along.`);
    return names;
  }

  private sources(): RecipeSource[] {
    const words = this.all('sources').flatMap(wordsOf);
    for (const word of words)
      if (!SOURCE.test(word.text))
        throw this.fault(
          word,
          `“${excerpt(word.text)}” is no file of apt’s sources: name it without folder and ending, as nodesource for /etc/apt/sources.list.d/nodesource.list.`,
        );
    const beyond = words[SOURCES_MAX];
    if (beyond !== undefined) throw this.fault(beyond, `A recipe can name ${SOURCES_MAX} sources.`);
    return words.map(({ text, ...at }) => ({ name: text, at }));
  }

  private files(): RecipeFile[] {
    const fields = this.fields.filter(({ key }) => key.text === 'file' || key.text === 'copy');
    const beyond = fields[FILES_MAX];
    if (beyond !== undefined) throw this.fault(beyond.key, `A recipe can have ${FILES_MAX} files at most.`);
    return fields.map((field) => {
      const words = wordsOf({ value: field.value, block: [] });
      if (field.key.text === 'file') {
        const text = field.block.map((line) => `${line.text}\n`).join('');
        return this.guestFile(field, words, { kind: 'text', text }, 'file: /etc/motd 0644');
      }
      const [source, ...rest] = words;
      if (source === undefined || !isBesideName(source.text)) {
        throw this.fault(
          source ?? field.value,
          `“${excerpt(source?.text ?? '')}” does not lie beside the recipe: name a file in the recipe’s folder or below it, without “..”.`,
        );
      }
      const name = source.text;
      return this.guestFile(field, rest, { kind: 'beside', name }, 'copy: hello.sh /usr/bin/hello 0755');
    });
  }

  /** @param words path and mode */
  private guestFile(
    field: Field,
    [path, mode, extra]: readonly Piece[],
    content: RecipeFile['content'],
    example: string,
  ): RecipeFile {
    if (path === undefined)
      throw this.fault(field.value, `Where the file goes in the machine is missing. This is how: ${example}`);
    if (extra !== undefined)
      throw this.fault(extra, `“${excerpt(extra.text)}” is one word too many. This is how: ${example}`);
    const isOdd = path.text.split('/').some((part) => part === '.' || part === '..');
    if (!GUEST_PATH.test(path.text) || isOdd || path.text.length > GUEST_PATH_MAX_CHARACTERS) {
      throw this.fault(
        path,
        `“${excerpt(path.text)}” is no path in the machine: it begins with a slash, has no “.” or “..”, and does not end with a slash.`,
      );
    }
    const taken = TAKEN_FOLDERS.find((folder) => path.text === folder || path.text.startsWith(`${folder}/`));
    if (taken !== undefined)
      throw this.fault(path, `A recipe’s files cannot be in ${taken}: that is made when the machine starts.`);
    if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode.text))
      throw this.fault(mode, `“${excerpt(mode.text)}” is no mode: three octal digits, such as 0644 or 0755.`);
    return { path: path.text, mode: Number.parseInt(mode?.text ?? '644', 8), content, at: path };
  }

  private commands(): string[] {
    const fields = this.all('run');
    const beyond = fields[COMMANDS_MAX];
    if (beyond !== undefined)
      throw this.fault(beyond.key, `A recipe can have ${COMMANDS_MAX} “run” at most; one may have many lines.`);
    return fields.map(({ value, block }) =>
      [value, ...block]
        .map((line) => line.text)
        .filter((line, index) => index > 0 || line !== '')
        .join('\n'),
    );
  }

  private memory(): number | null {
    const field = this.all('memory')[0];
    if (field === undefined) return null;
    const { value } = field;
    const number = /^(\d{1,6})(?: MiB)?$/.exec(value.text)?.[1];
    if (number === undefined)
      throw this.fault(value, `“${excerpt(value.text)}” is no memory: a number of MiB, such as 256.`);
    const memory = parseMemoryMib(Number(number));
    if (!memory.ok) throw this.fault(value, memory.error.message);
    return memory.value;
  }

  private choice<T extends string>(key: string, choices: readonly T[]): T | null {
    const field = this.all(key)[0];
    if (field === undefined) return null;
    const found = choices.find((choice) => choice === field.value.text);
    if (found !== undefined) return found;
    throw this.fault(
      field.value,
      `“${excerpt(field.value.text)}” is no ${key} that there is. There are: ${choices.join(', ')}.`,
    );
  }

  private needed(key: string, example: string): Field {
    const field = this.all(key)[0];
    if (field !== undefined) return field;
    throw this.fault({ line: 1, column: 1 }, `The recipe has no “${key}”: it needs ${example}.`);
  }

  private all(key: string): Field[] {
    return this.fields.filter((field) => field.key.text === key);
  }

  private fault(at: Position, sentence: string): Error {
    return recipeFault(this.file, at, sentence);
  }
}
