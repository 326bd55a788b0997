/** Tree to text. What is printed parses to the same tree (ranges apart). */
import { isJoiningWord, valueSlip, wordSlip } from './slips.ts';
import type { FilterNode, FilterValue } from './tree.ts';
import { classifyValue } from './value.ts';

/** Characters that need no quotes, neither in keys nor in values nor in bare words. */
const BARE = /^[\p{L}\p{N}_./:@%+#,;&?*$[\]{}|^'-]+$/u;

export function printFilter(node: FilterNode | undefined): string {
  if (node === undefined) return '';
  switch (node.kind) {
    case 'and':
      return node.items.map((item) => (item.kind === 'and' ? group(item) : printFilter(item))).join(' ');
    case 'or':
      return node.items.map((item) => (isCompound(item) ? group(item) : printFilter(item))).join(' OR ');
    case 'not':
      return `-${isCompound(node.item) ? group(node.item) : printFilter(node.item)}`;
    case 'compare':
      return `${printKey(node.key.text)}${node.operator}${printValue(node.value)}`;
    case 'exists':
      return `${printKey(node.key.text)}${node.negated ? '!=' : '='}*`;
    case 'text':
      return isJoiningWord(node.text) || wordSlip(node.text) !== undefined ? quote(node.text) : printWord(node.text);
  }
}

function isCompound(node: FilterNode): boolean {
  return node.kind === 'and' || node.kind === 'or';
}

function group(node: FilterNode): string {
  return `(${printFilter(node)})`;
}

/** A key, quoted where it must be. */
export function printKey(key: string): string {
  return printWord(key);
}

/** A value, quoted where it would otherwise be read as something else. */
export function printValue(value: FilterValue): string {
  if (value.kind !== 'text') return value.text;
  const text = value.text;
  // For `=`, which refuses the most.
  const staysText =
    BARE.test(text) &&
    text !== '*' &&
    classifyValue(text, value).kind === 'text' &&
    valueSlip('', '=', text) === undefined;
  return staysText ? text : quote(text);
}

function printWord(text: string): string {
  return BARE.test(text) && !/^-|^(?:OR|AND|NOT)$/.test(text) ? text : quote(text);
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}
