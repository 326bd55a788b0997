import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { ConfigError, type ConfigPlace } from '#base';
import type { ConfigNode, MapEntry, ScalarValue } from './node.ts';

/** Aliases can make a small file huge: no configuration needs more values than this. */
const NODE_LIMIT = 200_000;
const DEPTH_LIMIT = 200;

export interface YamlText {
  readonly text: string;
  /** The file's name in messages. */
  readonly file: string;
  /** The place that all values get, for text that stands in no file of its own, such as an environment variable. */
  readonly at?: ConfigPlace;
}

/** Reads YAML (1.2, with merge keys). Throws the first ConfigError. An empty text gives a null scalar. */
export function parseYaml(source: YamlText): ConfigNode {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { merge: true, lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number | undefined): ConfigPlace => {
    if (source.at !== undefined) return source.at;
    if (offset === undefined) return { file: source.file, line: 1, column: 1 };
    const { line, col } = lines.linePos(offset);
    return { file: source.file, line, column: col };
  };
  const error = document.errors[0];
  if (error !== undefined) {
    const key = /^[^:\s]+/.exec(source.text.slice(error.pos[0]))?.[0] ?? '';
    const message = error.code === 'DUPLICATE_KEY' ? `mapping key "${key}" already defined` : lowerFirst(error.message);
    throw new ConfigError('', `cannot read the YAML: ${message}`, placeOf(error.pos[0]));
  }
  const converter = new Converter(placeOf, (node) => (isAlias(node) ? node.resolve(document) : node));
  return converter.convert(document.contents as ParsedNode | null, 0);
}

class Converter {
  readonly #placeOf: (offset: number | undefined) => ConfigPlace;
  readonly #resolve: (node: Node) => Node | undefined;
  #count = 0;

  constructor(placeOf: (offset: number | undefined) => ConfigPlace, resolve: (node: Node) => Node | undefined) {
    this.#placeOf = placeOf;
    this.#resolve = resolve;
  }

  convert(written: Node | null, depth: number): ConfigNode {
    const place = this.#placeOf(written?.range?.[0]);
    if (++this.#count > NODE_LIMIT || depth > DEPTH_LIMIT) {
      throw new ConfigError(
        '',
        'too many or too deeply nested values; look for aliases that multiply or repeat themselves',
        place,
      );
    }
    const node = written === null ? null : this.#resolve(written);
    if (node === undefined) throw new ConfigError('', `the alias names no anchor`, place);
    if (node === null) return { kind: 'scalar', place, value: null };
    if (isMap(node)) return { kind: 'map', place, entries: this.#entries(node, depth) };
    if (isSeq(node)) {
      return { kind: 'list', place, items: node.items.map((item) => this.convert(item as Node | null, depth + 1)) };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    return {
      kind: 'scalar',
      place,
      value: typeof value === 'bigint' ? String(value) : ((value ?? null) as ScalarValue),
    };
  }

  #entries(map: { items: { key: unknown; value: unknown }[] }, depth: number): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    const merged: Map<string, MapEntry>[] = [];
    for (const pair of map.items) {
      const key = pair.key as Node;
      const source = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
      if (source === '<<' && isScalar(key) && key.type === 'PLAIN') {
        merged.push(...this.#mergedMaps(pair.value as Node, depth));
      } else {
        entries.set(source, {
          keyPlace: this.#placeOf(key.range?.[0]),
          node: this.convert(pair.value as Node | null, depth + 1),
        });
      }
    }
    for (const other of merged) for (const [key, entry] of other) if (!entries.has(key)) entries.set(key, entry);
    return entries;
  }

  #mergedMaps(value: Node, depth: number): Map<string, MapEntry>[] {
    const node = this.convert(value, depth + 1);
    const maps = node.kind === 'list' ? node.items : [node];
    return maps.map((map) => {
      if (map.kind !== 'map') throw new ConfigError('', 'a merge key (<<) needs a map or a list of maps', map.place);
      return new Map(map.entries);
    });
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
