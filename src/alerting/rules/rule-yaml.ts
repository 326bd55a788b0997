import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Scalar } from 'yaml';

/** YAML whose values know where they stand, and are what they are only where somebody asks for them: `severity: 1` is the text `1`. */

export interface YamlPlace {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly place: YamlPlace;
  constructor(message: string, place: YamlPlace) {
    super(message);
    this.place = place;
  }
}

export type YamlValue =
  | { readonly kind: 'map'; readonly place: YamlPlace; readonly entries: ReadonlyMap<string, YamlEntry> }
  | { readonly kind: 'list'; readonly place: YamlPlace; readonly items: readonly YamlValue[] }
  /** `text` is undefined for null. */
  | { readonly kind: 'scalar'; readonly place: YamlPlace; readonly text: string | undefined };

export interface YamlEntry {
  readonly keyPlace: YamlPlace;
  readonly value: YamlValue;
}

/** A file of rules has some thousand values; the parser needs seconds for what is longer than this. */
const TEXT_MAX = 8 << 20;
const VALUES_MAX = 500_000;
const DEPTH_MAX = 100;

/** The documents of a text; an empty one is left out. Throws the first YamlError. */
export function readYaml(text: string): readonly YamlValue[] {
  const lines = new LineCounter();
  if (text.length > TEXT_MAX)
    throw new YamlError(`it has ${text.length} characters; a file of rules may have ${TEXT_MAX}`, START);
  const placeOf = (offset: number | undefined): YamlPlace => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line, column: col };
  };
  const options = { schema: 'failsafe', lineCounter: lines, prettyErrors: false } as const;
  const documents = parseAllDocuments(text, options);
  if (!Array.isArray(documents)) return [];
  const reader = new Reader(placeOf);
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new YamlError(error.message, placeOf(error.pos[0]));
    return document.contents === null ? [] : [reader.read(document.contents as Node, 0)];
  });
}

const START: YamlPlace = { line: 1, column: 1 };

class Reader {
  readonly #placeOf: (offset: number | undefined) => YamlPlace;
  /** With how many values each stands for: an alias costs as much. */
  readonly #anchors = new Map<string, { readonly value: YamlValue; readonly count: number }>();
  #count = 0;

  constructor(placeOf: (offset: number | undefined) => YamlPlace) {
    this.#placeOf = placeOf;
  }

  read(node: Node | null, depth: number): YamlValue {
    const place = this.#placeOf(node?.range?.[0]);
    const before = this.#count;
    this.#add(1, place);
    if (depth > DEPTH_MAX) throw new YamlError(`values are nested more than ${DEPTH_MAX} deep`, place);
    if (isAlias(node)) {
      const known = this.#anchors.get(node.source);
      if (known === undefined) throw new YamlError(`unknown anchor '${node.source}' referenced`, place);
      this.#add(known.count, place);
      return known.value;
    }
    const value = this.#valueOf(node, place, depth);
    const anchor = node !== null && 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, { value, count: this.#count - before });
    return value;
  }

  #add(count: number, place: YamlPlace): void {
    this.#count += count;
    if (this.#count > VALUES_MAX) throw new YamlError(`more than ${VALUES_MAX} values`, place);
  }

  #valueOf(node: Node | null, place: YamlPlace, depth: number): YamlValue {
    if (isSeq(node))
      return { kind: 'list', place, items: node.items.map((item) => this.read(item as Node | null, depth + 1)) };
    if (!isMap(node)) return { kind: 'scalar', place, text: isScalar(node) ? textOf(node) : undefined };
    const entries = new Map<string, YamlEntry>();
    const merged: YamlValue[] = [];
    for (const { key, value } of node.items) {
      const keyNode = key as Node;
      const read = this.read(value as Node | null, depth + 1);
      const name = isScalar(keyNode) ? (textOf(keyNode) ?? '') : undefined;
      const keyPlace = this.#placeOf(keyNode.range?.[0]);
      if (name === undefined) throw new YamlError('a key must be a text', keyPlace);
      if (name === '<<' && (keyNode as Scalar).type === 'PLAIN')
        merged.push(...(read.kind === 'list' ? read.items : [read]));
      else entries.set(name, { keyPlace, value: read });
    }
    for (const other of merged) {
      if (other.kind !== 'map') throw new YamlError('a merge key (<<) needs a map or a list of maps', other.place);
      for (const [name, entry] of other.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', place, entries };
  }
}

const NULL = /^(?:|~|null|Null|NULL)$/;

function textOf(node: Scalar): string | undefined {
  const written = typeof node.value === 'string' ? node.value : (node.source ?? '');
  return node.type === 'PLAIN' && NULL.test(written) ? undefined : written;
}
