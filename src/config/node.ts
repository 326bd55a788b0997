import type { ConfigPlace } from '#base';
import type { ScalarValue } from './scalar.ts';

/** A configuration as a tree in which every value and every key knows where it stands, through merging and expansion. */
export type ConfigNode = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly place: ConfigPlace;
  readonly entries: ReadonlyMap<string, MapEntry>;
}
export interface MapEntry {
  readonly keyPlace: ConfigPlace;
  readonly node: ConfigNode;
}
export interface ListNode {
  readonly kind: 'list';
  readonly place: ConfigPlace;
  readonly items: readonly ConfigNode[];
}
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: ConfigPlace;
  readonly value: ScalarValue;
  /** The spelling, where the value came from one `${…}`, or where it is kept: used where a text is wanted, so that `0123` stays `0123`. */
  readonly text?: string;
}
export type NodePath = readonly (string | number)[];

/** The node at `path`, or undefined. */
export function nodeAt(root: ConfigNode, path: NodePath): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.node;
    else if (node?.kind === 'list' && typeof step === 'number') node = node.items[step];
    else return undefined;
  }
  return node;
}

/** The tree with another node at `path`, which leads to an entry of maps. */
export function withNodeAt(root: MapNode, path: readonly string[], node: ConfigNode): MapNode {
  const [step, ...rest] = path;
  const entry = root.entries.get(step!);
  if (entry === undefined) return root;
  const below = rest.length === 0 ? node : entry.node.kind === 'map' ? withNodeAt(entry.node, rest, node) : entry.node;
  return { ...root, entries: new Map(root.entries).set(step!, { ...entry, node: below }) };
}

/** Where `path` stands: its key for an entry of a map, its start for an item of a list; the nearest block above where it is absent. */
export function placeAt(root: ConfigNode, path: NodePath): ConfigPlace {
  let node = root;
  let place = root.place;
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (entry === undefined) return place;
      place = entry.keyPlace;
      node = entry.node;
    } else if (node.kind === 'list') {
      const item = typeof step === 'number' ? node.items[step] : undefined;
      if (item === undefined) return place;
      place = item.place;
      node = item;
    } else return place;
  }
  return place;
}

/** Plain objects, lists and values, without places. Scalars in `asText` give their spelling. */
export function toPlain(node: ConfigNode, asText?: ReadonlySet<ConfigNode>): unknown {
  if (node.kind === 'scalar') return asText?.has(node) === true ? (node.text ?? '') : node.value;
  if (node.kind === 'list') return node.items.map((item) => toPlain(item, asText));
  const result: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) {
    // A key like __proto__ must become an ordinary, and then unknown, key.
    Object.defineProperty(result, key, {
      value: toPlain(entry.node, asText),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

export function printPlace(place: ConfigPlace): string {
  return `${place.file}:${place.line}:${place.column}`;
}
