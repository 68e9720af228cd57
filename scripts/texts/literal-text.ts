import { parse } from 'svelte/compiler';

export interface LiteralText {
  readonly line: number;
  readonly text: string;
}

/** Attributes and properties that a person reads or hears. */
const READ_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'alt', 'title', 'placeholder'],
  // Of our own components.
  ...['label', 'description', 'hint', 'confirmLabel', 'detail', 'message', 'heading', 'suffix'],
]);
/** The same in every language: the app's name, units, protocols, what stands for itself. */
const SAME_EVERYWHERE =
  /^(?:Terrarium|Electron|Chromium|Node|Debian|JetBrains|Mono|monospace|[KMGT]iB|B|ms|s|px|TCP|UDP|ICMP|SHA-256|v\d[\d.]*|[\w*-]+(?:\.[\w*-]+)+)$/;
const WORDS = /\p{L}{2,}/u;
/** What is read by machines: keys, class names, addresses. They have neither spaces nor capitals in front. */
const SENTENCE_LIKE = /^\p{Lu}\p{Ll}|\p{L}\s+\p{L}|…$/u;

/** Nodes of Svelte's syntax tree, as far as they are looked at here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly name?: unknown;
  readonly data?: unknown;
  readonly value?: unknown;
  readonly callee?: { readonly name?: unknown };
  readonly [field: string]: unknown;
}

/**
 * Finds words for people that stand in a component's markup, instead of in the catalogue (src/shared/text).
 * @param source of a `.svelte` file
 */
export function literalTexts(source: string): readonly LiteralText[] {
  const found: LiteralText[] = [];
  const note = (node: Node, text: string): void => {
    const words = text.trim().split(/[\s·:,/()]+/u);
    if (words.every((word) => !WORDS.test(word) || SAME_EVERYWHERE.test(word))) return;
    found.push({ line: source.slice(0, node.start).split('\n').length, text: text.trim().replaceAll(/\s+/gu, ' ') });
  };
  const { fragment, instance, module } = parse(source, { modern: true });
  for (const script of [module, instance]) if (script) visit(script.content as unknown as Node, 'other');
  visit(fragment as unknown as Node, 'text');
  return found;

  function visit(node: Node, place: 'text' | 'read' | 'other'): void {
    switch (node.type) {
      case 'Comment':
        return;
      case 'Text':
        if (place !== 'other') note(node, String(node.data));
        return;
      case 'Attribute':
        visitFields(node, READ_ATTRIBUTES.has(String(node.name)) ? 'read' : 'other');
        return;
      case 'Property': {
        // Items of menus and choices, wherever they are put together.
        const { key, value } = node as unknown as { readonly key: Node; readonly value: Node };
        visit(value, place === 'read' || READ_ATTRIBUTES.has(String(key.name)) ? 'read' : place);
        return;
      }
      case 'Literal':
        if (place !== 'other' && typeof node.value === 'string' && SENTENCE_LIKE.test(node.value))
          note(node, node.value);
        return;
      case 'TemplateElement': {
        const { cooked } = node.value as { cooked?: string };
        if (place !== 'other' && cooked !== undefined && SENTENCE_LIKE.test(cooked)) note(node, cooked);
        return;
      }
      case 'CallExpression':
        // Keys of texts, and what is compared or formatted.
        for (const argument of node['arguments'] as readonly Node[]) visit(argument, 'other');
        return;
      case 'BinaryExpression':
        return;
      case 'RenderTag':
      case 'SnippetBlock':
      case 'IfBlock':
      case 'EachBlock':
      case 'AwaitBlock':
      case 'KeyBlock':
        visitFields(node, 'text', ['expression', 'test', 'key', 'context', 'parameters']);
        return;
      default:
        visitFields(node, place);
    }
  }

  function visitFields(node: Node, place: 'text' | 'read' | 'other', except: readonly string[] = []): void {
    for (const [field, value] of Object.entries(node)) {
      if (field === 'parent' || field === 'metadata' || except.includes(field)) continue;
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(child)) visit(child, place);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
