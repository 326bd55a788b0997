import { ConfigError, type ConfigPlace } from '#base';
import type { ConfigNode, MapEntry } from './node.ts';
import { retrieve, type SourceEnvironment, splitUri } from './sources.ts';

/** otelcol's guards against endless nesting (confmap/expand.go). */
const EXPANSION_LIMIT = 1000;
const URI_LIMIT = 100;

interface Expansion {
  readonly environment: SourceEnvironment;
  readonly warnings: Map<string, ConfigPlace>;
  readonly errors: ConfigError[];
}

export interface Expanded {
  readonly root: ConfigNode;
  readonly warnings: readonly { readonly message: string; readonly place: ConfigPlace }[];
  readonly errors: readonly ConfigError[];
}

/** Replaces every `${…}` in the values of a configuration, and `$$` by `$`. Reports all failures. */
export async function expandNodes(root: ConfigNode, environment: SourceEnvironment): Promise<Expanded> {
  const expansion: Expansion = { environment, warnings: new Map(), errors: [] };
  const expanded = await expandNode(root, expansion, { left: EXPANSION_LIMIT });
  const warnings = [...expansion.warnings].map(([message, place]) => ({ message, place }));
  return { root: expanded, warnings, errors: expansion.errors };
}

/** How many more references the value at hand may follow. */
interface Budget {
  left: number;
}

async function expandNode(node: ConfigNode, expansion: Expansion, budget: Budget | undefined): Promise<ConfigNode> {
  if (node.kind === 'map') {
    const entries = new Map<string, MapEntry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { ...entry, node: await expandNode(entry.node, expansion, budget) });
    }
    return { ...node, entries };
  }
  if (node.kind === 'list') {
    const items: ConfigNode[] = [];
    for (const item of node.items) items.push(await expandNode(item, expansion, budget));
    return { ...node, items };
  }
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  try {
    return await expandText(node.value, node.place, expansion, { left: budget?.left ?? EXPANSION_LIMIT }, 0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expansion.errors.push(error);
    return { ...node, value: null };
  }
}

async function expandText(
  text: string,
  place: ConfigPlace,
  expansion: Expansion,
  budget: Budget,
  depth: number,
): Promise<ConfigNode> {
  const parts = splitReferences(text);
  const references = parts.filter((part) => part.reference).length;
  if (references > URI_LIMIT)
    throw new ConfigError('', `too many references in one value: more than ${URI_LIMIT}`, place);
  if (parts.length === 1 && references === 1) return await follow(parts[0]!.text, place, expansion, budget, depth);
  let result = '';
  for (const part of parts) {
    if (!part.reference) {
      result += part.text;
      continue;
    }
    const node = await follow(part.text, place, expansion, budget, depth);
    if (node.kind !== 'scalar') {
      throw new ConfigError(
        '',
        `expanding \${${part.text}}: expected a value that fits into a text, got a ${node.kind}`,
        place,
      );
    }
    result += node.text ?? (node.value === null ? '' : String(node.value));
  }
  return { kind: 'scalar', place, value: result };
}

async function follow(
  inner: string,
  place: ConfigPlace,
  expansion: Expansion,
  budget: Budget,
  depth: number,
): Promise<ConfigNode> {
  if (budget.left-- <= 0 || depth > EXPANSION_LIMIT) throw new ConfigError('', 'too many recursive expansions', place);
  let uri = inner;
  if (inner.includes('${')) {
    const node = await expandText(inner, place, expansion, budget, depth + 1);
    uri = node.kind === 'scalar' ? (node.text ?? String(node.value ?? '')) : inner;
  }
  const { node, text, warning } = await retrieve(splitUri(uri, 'env'), expansion.environment, place);
  if (warning !== undefined && !expansion.warnings.has(warning)) expansion.warnings.set(warning, place);
  if (node.kind !== 'scalar') return await expandDeep(node, expansion, budget, depth + 1);
  if (typeof node.value === 'string') {
    return node.value.includes('$') ? await expandText(node.value, place, expansion, budget, depth + 1) : node;
  }
  return { ...node, text };
}

async function expandDeep(node: ConfigNode, expansion: Expansion, budget: Budget, depth: number): Promise<ConfigNode> {
  if (node.kind === 'scalar') {
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
    return await expandText(node.value, node.place, expansion, budget, depth);
  }
  if (node.kind === 'list') {
    const items: ConfigNode[] = [];
    for (const item of node.items) items.push(await expandDeep(item, expansion, budget, depth));
    return { ...node, items };
  }
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of node.entries) {
    entries.set(key, { ...entry, node: await expandDeep(entry.node, expansion, budget, depth) });
  }
  return { ...node, entries };
}

interface TextPart {
  readonly reference: boolean;
  /** The content between the braces for a reference. */
  readonly text: string;
}

/** Cuts a text into literal parts (with `$$` already `$`) and references. An unclosed `${` is literal. */
function splitReferences(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) break;
    literal += text.slice(at, dollar);
    if (text[dollar + 1] === '$') {
      literal += '$';
      at = dollar + 2;
      continue;
    }
    const end = text[dollar + 1] === '{' ? closingBrace(text, dollar + 2) : -1;
    if (end < 0) {
      literal += '$';
      at = dollar + 1;
      continue;
    }
    if (literal !== '') parts.push({ reference: false, text: literal });
    literal = '';
    parts.push({ reference: true, text: text.slice(dollar + 2, end) });
    at = end + 1;
  }
  literal += text.slice(at);
  if (literal !== '' || parts.length === 0) parts.push({ reference: false, text: literal });
  return parts;
}

function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '{') depth++;
    else if (text[at] === '}' && depth-- === 0) return at;
  }
  return -1;
}
