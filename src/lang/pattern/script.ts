import { NO_LINE_BREAK, printSet } from './sets.ts';
import type { PatternNode } from './tree.ts';

/** The pattern as JavaScript writes it, with the flag u. */
export function printScript(node: PatternNode): string {
  switch (node.kind) {
    case 'set':
      return printSet(node.set);
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'sequence':
      return node.items
        .map((item) => (item.kind === 'either' ? `(?:${printScript(item)})` : printScript(item)))
        .join('');
    case 'either':
      return node.items.map(printScript).join('|');
    case 'capture':
      return `(${node.name === undefined ? '' : `?<${node.name}>`}${printScript(node.item)})`;
    case 'repeat': {
      const item =
        node.item.kind === 'set' || node.item.kind === 'capture'
          ? printScript(node.item)
          : `(?:${printScript(node.item)})`;
      return `${item}{${node.min},${node.max === Infinity ? '' : node.max}}${node.lazy ? '?' : ''}`;
    }
  }
}

/** Whether a text matches at all does not hang on `.*` at an end that is not anchored. */
export function withoutAnything(node: PatternNode): PatternNode {
  if (isAnything(node)) return { kind: 'sequence', items: [] };
  if (node.kind !== 'sequence') return node;
  let { items } = node;
  while (items.length > 0 && isAnything(items[0]!)) items = items.slice(1);
  while (items.length > 0 && isAnything(items.at(-1)!)) items = items.slice(0, -1);
  return { kind: 'sequence', items };
}

function isAnything(node: PatternNode): boolean {
  return (
    node.kind === 'repeat' &&
    node.min === 0 &&
    node.max === Infinity &&
    node.item.kind === 'set' &&
    node.item.set === NO_LINE_BREAK
  );
}

/** The names of the groups, by number; undefined for one without. */
export function groupNamesOf(node: PatternNode): (string | undefined)[] {
  if (node.kind === 'capture') return [node.name, ...groupNamesOf(node.item)];
  if (node.kind === 'repeat') return groupNamesOf(node.item);
  return node.kind === 'sequence' || node.kind === 'either' ? node.items.flatMap(groupNamesOf) : [];
}
