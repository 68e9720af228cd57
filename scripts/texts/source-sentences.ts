import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The command's own words, and what is translated by keys. */
const ELSEWHERE = new Set(['cli', 'headless', 'text']);
const FAILURES = /^(?:FailureError|RemediableFailure|err)$/u;
/** Bugs, and what goes to a log. */
const NOT_FOR_PEOPLE = /^(?:Error|RangeError|TypeError|debug|warn|info|error|log)$/u;

export interface SourceTexts {
  /** What reaches a person as a sentence, and the file that says it first. */
  readonly sentences: ReadonlyMap<string, string>;
  /** Every text in the sources, those included. */
  readonly all: ReadonlySet<string>;
}

/** The texts of the sources below a folder, with holes named as the values are that fill them. */
export function sourceTexts(folder: string): SourceTexts {
  const sentences = new Map<string, string>();
  const all = new Set<string>();
  for (const file of sourcesBelow(folder)) {
    const visit = (node: ts.Node): void => {
      const text = textOf(node);
      if (text !== null) {
        all.add(text);
        if (isForPeople(text, callAround(node)) && !sentences.has(text))
          sentences.set(text, path.relative(folder, file));
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  }
  return { sentences, all };
}

function* sourcesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!ELSEWHERE.has(entry.name)) yield* sourcesBelow(file);
    } else if (entry.name.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/u.test(entry.name)) yield file;
  }
}

function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  let unnamed = 0;
  const nameOf = (value: ts.Expression): string => {
    if (ts.isIdentifier(value)) return value.text;
    return ts.isPropertyAccessExpression(value) ? value.name.text : `v${(unnamed += 1)}`;
  };
  return node.head.text + node.templateSpans.map((span) => `{${nameOf(span.expression)}}${span.literal.text}`).join('');
}

/** The name of what is called with the text, directly or within one of its arguments. */
function callAround(node: ts.Node): string {
  for (let { parent } = node; !ts.isBlock(parent) && !ts.isSourceFile(parent); { parent } = parent) {
    if (ts.isNewExpression(parent) || ts.isCallExpression(parent)) {
      return parent.expression.getText().split('.').at(-1) ?? '';
    }
  }
  return '';
}

function isForPeople(text: string, call: string): boolean {
  if (!/\s/u.test(text) || NOT_FOR_PEOPLE.test(call)) return false;
  return FAILURES.test(call) || /^[A-Z“].*[.:]$/u.test(text);
}
