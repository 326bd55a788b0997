import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
} from 'yaml';
import { ConfigError, type ConfigPlace } from '#base';
import { checkCharacters } from './encoding.ts';
import type { ConfigNode, MapEntry } from './node.ts';
import { plainScalar, type ScalarValue, taggedScalar } from './scalar.ts';

/** Aliases can make a small file huge: no configuration needs more values than this. */
const NODE_LIMIT = 200_000;
export const DEPTH_LIMIT: number = 200;
/** The parser takes seconds for a text of some megabytes; a ConfigMap of Kubernetes has as much at most. */
export const TEXT_LIMIT_BYTES: number = 1024 * 1024;
/** The parser needs seconds for what is nested a hundred thousand times; what exceeds this is not given to it. */
const DEPTH_LIMIT_OF_TEXT = 1000;

export interface YamlText {
  readonly text: string;
  /** The file's name in messages. */
  readonly file: string;
  /** The place that all values get, for text that stands in no file of its own, such as an environment variable. */
  readonly at?: ConfigPlace;
  /** Where a text is wanted, any plain value is one, as it is written: in the files of Prometheus and Alertmanager. */
  readonly keepsSpelling?: boolean;
}

/** Reads YAML as otelcol does: see scalar.ts. Throws the first ConfigError. An empty text gives a null scalar. */
export function parseYaml(source: YamlText): ConfigNode {
  if (source.text.length > TEXT_LIMIT_BYTES) {
    throw new ConfigError('', tooLong(source.text.length), source.at ?? { file: source.file, line: 1, column: 1 });
  }
  checkCharacters(source.text, source.file);
  const lines = new LineCounter();
  const placeOf = (offset: number | undefined): ConfigPlace => {
    if (source.at !== undefined) return source.at;
    if (offset === undefined) return { file: source.file, line: 1, column: 1 };
    const { line, col } = lines.linePos(offset);
    return { file: source.file, line, column: col };
  };
  const deepAt = tooDeepAt(source.text);
  if (deepAt >= 0) {
    const before = source.text.slice(0, deepAt).split('\n');
    throw tooDeep(source.at ?? { file: source.file, line: before.length, column: before.at(-1)!.length + 1 });
  }
  // Scalars as they are written: what they mean is told by scalar.ts. Repeated keys are found below, in less time.
  const options = { schema: 'failsafe', uniqueKeys: false, lineCounter: lines, prettyErrors: false } as const;
  const document = parseDocument(source.text, options);
  const error = document.errors[0];
  if (error !== undefined) {
    if (error.code === 'MULTIPLE_DOCS') {
      const message = 'a second document begins here; put it into a file of its own, with a --config of its own';
      throw new ConfigError('', `cannot read the YAML: ${message}`, placeOf(error.pos[0]));
    }
    if (error.code === 'RESOURCE_EXHAUSTION') throw tooDeep(placeOf(error.pos[0]));
    throw new ConfigError('', `cannot read the YAML: ${lowerFirst(error.message)}`, placeOf(error.pos[0]));
  }
  return new Converter(placeOf, source.keepsSpelling === true).convert(document.contents as ParsedNode | null, 0);
}

/** What is said of a text that is over the limit. */
export function tooLong(bytes: number): string {
  return `it has ${bytes} bytes; a configuration may have ${TEXT_LIMIT_BYTES} (1 MiB)`;
}

function tooDeep(place: ConfigPlace): ConfigError {
  const message = `values are nested more than ${DEPTH_LIMIT} deep; look for brackets that are not closed`;
  return new ConfigError('', `cannot read the YAML: ${message}`, place);
}

/** Where so many brackets are open, or stand so many dashes before a value, that it can't be meant; -1 where it can. */
function tooDeepAt(text: string): number {
  const dashes = new RegExp(`^[ ]*(?:[-?] +){${DEPTH_LIMIT_OF_TEXT}}`, 'm').exec(text);
  if (dashes !== null) return dashes.index;
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === OPEN_LIST || char === OPEN_MAP) {
      if (++open > DEPTH_LIMIT_OF_TEXT) return at;
    } else if ((char === CLOSE_LIST || char === CLOSE_MAP) && open > 0) open--;
  }
  return -1;
}

const [OPEN_LIST, OPEN_MAP, CLOSE_LIST, CLOSE_MAP] = [0x5b, 0x7b, 0x5d, 0x7d];

/** A value that was read, and how many values it stands for when aliases are followed. */
interface Converted {
  readonly node: ConfigNode;
  readonly count: number;
}

/**
 * Makes nodes of what the parser found. An alias gives the very node of its anchor and costs no time, so what counts against the limit is
 * what it stands for.
 */
class Converter {
  readonly #placeOf: (offset: number | undefined) => ConfigPlace;
  /** Anchors in the order of the text: an alias means the last one before it. `undefined` while its value is being read. */
  readonly #anchors = new Map<string, Converted | undefined>();
  readonly #keepsSpelling: boolean;
  #count = 0;

  constructor(placeOf: (offset: number | undefined) => ConfigPlace, keepsSpelling: boolean) {
    this.#placeOf = placeOf;
    this.#keepsSpelling = keepsSpelling;
  }

  convert(written: Node | null, depth: number): ConfigNode {
    const place = this.#placeOf(written?.range?.[0]);
    if (isAlias(written)) return this.#alias(written.source, place);
    const anchor = written !== null && 'anchor' in written ? written.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const before = this.#count;
    this.#add(1, place);
    if (depth > DEPTH_LIMIT) throw tooDeep(place);
    const node = this.#convert(written, place, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, { node, count: this.#count - before });
    return node;
  }

  #convert(node: Node | null, place: ConfigPlace, depth: number): ConfigNode {
    if (isMap(node)) return { kind: 'map', place, entries: this.#entries(node, depth) };
    if (isSeq(node)) {
      return { kind: 'list', place, items: node.items.map((item) => this.convert(item as Node | null, depth + 1)) };
    }
    if (!isScalar(node)) return { kind: 'scalar', place, value: null };
    const value = scalarOf(node, place);
    const isOther = this.#keepsSpelling && value !== null && typeof value !== 'string';
    return { kind: 'scalar', place, value, ...(isOther && { text: node.source ?? '' }) };
  }

  #alias(name: string, place: ConfigPlace): ConfigNode {
    if (!this.#anchors.has(name)) throw new ConfigError('', `the alias *${name} names no anchor before it`, place);
    const target = this.#anchors.get(name);
    if (target === undefined) throw new ConfigError('', `the value of the anchor &${name} contains itself`, place);
    this.#add(target.count, place);
    return { ...target.node, place };
  }

  #add(count: number, place: ConfigPlace): void {
    this.#count += count;
    if (this.#count <= NODE_LIMIT) return;
    const message = `more than ${NODE_LIMIT} values; look for aliases that multiply each other`;
    throw new ConfigError('', `cannot read the YAML: ${message}`, place);
  }

  #entries(map: { items: { key: unknown; value: unknown }[] }, depth: number): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    const merged: Map<string, MapEntry>[] = [];
    for (const pair of map.items) {
      const key = pair.key as Node;
      const keyPlace = this.#placeOf(key.range?.[0]);
      if (isScalar(key) && key.source === '<<' && key.type === 'PLAIN') {
        for (const map of this.#mergedMaps(pair.value as Node, depth)) merged.push(map);
        continue;
      }
      const name = keyOf(key, keyPlace);
      if (entries.has(name)) {
        throw new ConfigError('', `cannot read the YAML: mapping key "${name}" already defined`, keyPlace);
      }
      entries.set(name, { keyPlace, node: this.convert(pair.value as Node | null, depth + 1) });
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

function scalarOf(node: Scalar, place: ConfigPlace): ScalarValue {
  const { tag, type } = node;
  const written = typeof node.value === 'string' ? node.value : (node.source ?? '');
  if (tag !== undefined && tag !== '!') {
    const source = node.source ?? written;
    const value = taggedScalar(tag, source);
    if (value !== undefined) return value;
    throw new ConfigError('', `cannot read the YAML: "${source}" is no ${tag.split(':').at(-1)}`, place);
  }
  return type === 'PLAIN' && tag === undefined ? plainScalar(node.source ?? '') : written;
}

/** Keys are texts; otelcol refuses all others, too. */
function keyOf(key: Node, place: ConfigPlace): string {
  const value = isScalar(key) ? scalarOf(key, place) : undefined;
  if (typeof value === 'string') return value;
  const found = value === undefined ? 'a key that is no text' : `the key ${String(value)}`;
  throw new ConfigError('', `cannot read the YAML: ${found} must be wrapped in quotes`, place);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
