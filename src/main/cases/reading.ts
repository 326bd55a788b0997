import { ConfigError, type ConfigPlace } from '#base';
import { type ConfigNode, type ListNode, type MapNode, parseDuration, TypedScalar, unknownKeyMessage } from '#config';
import type { Plain } from '#inspect';

/** Reads a file of cases by hand, because what stands in an item decides what is allowed beside it. Mistakes have their place. */

export function mistake(place: ConfigPlace, message: string): ConfigError {
  return new ConfigError('', message, place);
}

function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  return node.value === null ? 'nothing' : JSON.stringify(plainOf(node));
}

export function asMap(node: ConfigNode, what: string): MapNode {
  if (node.kind !== 'map') throw mistake(node.place, `${what}: expected a map, got ${kindOf(node)}`);
  return node;
}

export function asList(node: ConfigNode, what: string): ListNode {
  if (node.kind !== 'list') throw mistake(node.place, `${what}: expected a list, got ${kindOf(node)}`);
  return node;
}

/** A list, or one thing that stands for a list of it. */
export function oneOrMore(node: ConfigNode): readonly ConfigNode[] {
  return node.kind === 'list' ? node.items : [node];
}

export function asText(node: ConfigNode, what: string): string {
  const value = plainOf(node);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw mistake(node.place, `${what}: expected a text, got ${kindOf(node)}`);
}

export function asNumber(node: ConfigNode, what: string): number {
  const value = plainOf(node);
  if (typeof value !== 'number') throw mistake(node.place, `${what}: expected a number, got ${kindOf(node)}`);
  return value;
}

export function asBoolean(node: ConfigNode, what: string): boolean {
  const value = plainOf(node);
  if (typeof value !== 'boolean') throw mistake(node.place, `${what}: expected true or false, got ${kindOf(node)}`);
  return value;
}

/** Milliseconds of `10s`, `1m30s`, `-5s`. */
export function asDurationMs(node: ConfigNode, what: string): number {
  const text = node.kind === 'scalar' ? (node.text ?? String(plainOf(node))) : kindOf(node);
  const parsed = parseDuration(text);
  if ('ms' in parsed) return parsed.ms;
  throw mistake(node.place, `${what}: expected a time such as 10s or 250ms, got ${kindOf(node)}`);
}

/** The entries of a map whose keys are known; throws for the first that is not. */
export function entriesOf(map: MapNode, known: readonly string[]): ReadonlyMap<string, ConfigNode> {
  const entries = new Map<string, ConfigNode>();
  for (const [key, { keyPlace, node }] of map.entries) {
    if (!known.includes(key)) throw mistake(keyPlace, unknownKeyMessage(key, known));
    entries.set(key, node);
  }
  return entries;
}

export function plainOf(node: ConfigNode): Plain {
  if (node.kind === 'list') return node.items.map(plainOf);
  if (node.kind === 'map')
    return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainOf(entry.node)]));
  const { value } = node;
  if (value instanceof TypedScalar) return value.kind === 'float' ? value.number : value.printed;
  return typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value;
}
