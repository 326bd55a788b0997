import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
} from 'yaml';
import type { ConfigPlace } from '#base';
import type { Change } from './change.ts';
import { keepLines } from './keep-lines.ts';

export type EditPath = readonly (string | number)[];

/** Scalars stay as they are written: `0123` is no number of ours. */
const AS_WRITTEN = { schema: 'failsafe', uniqueKeys: false } as const;
const FORM = { lineWidth: 0, flowCollectionPadding: false } as const;

/** A YAML file under change: what is not touched keeps its lines, comments and order. */
export class Edit {
  readonly file: string;
  readonly changes: Change[] = [];
  readonly #text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #formed: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = parseDocument(text, { ...AS_WRITTEN, lineCounter: this.#lines });
    this.#formed = this.#document.toString(FORM);
  }

  /** Where the first value stands that is written once and used again (`*name`, `<<`): to change it here would change it there. */
  get sharedAt(): ConfigPlace | undefined {
    let offset: number | undefined;
    visit(this.#document, {
      Alias(_, alias) {
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return offset === undefined ? undefined : this.#placeAt(offset);
  }

  say(kind: Change['kind'], path: EditPath, message: string): void {
    this.changes.push({ kind, message, place: this.placeOf(path) });
  }

  /** Where the key or item at `path` stood in the file; of what is new, the nearest above it. */
  placeOf(path: EditPath): ConfigPlace {
    for (let length = path.length; length > 0; length--) {
      const parent = this.node(path.slice(0, length - 1));
      const last = path[length - 1]!;
      const found = isMap(parent)
        ? (parent.items.find(({ key }) => isScalar(key) && key.value === last)?.key as Node | undefined)
        : isSeq(parent) && typeof last === 'number'
          ? (parent.items[last] as Node | undefined)
          : undefined;
      const offset = found?.range?.[0];
      if (offset === undefined) continue;
      return this.#placeAt(offset);
    }
    return { file: this.file, line: 1, column: 1 };
  }

  #placeAt(offset: number): ConfigPlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  node(path: EditPath): Node | undefined {
    if (path.length === 0) return (this.#document.contents as Node | null) ?? undefined;
    return this.#document.getIn(path, true) as Node | undefined;
  }

  text(path: EditPath): string | undefined {
    const node = this.node(path);
    return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
  }

  /** The keys of a map in their order; none where there is no map. */
  keys(path: EditPath): string[] {
    const node = this.node(path);
    return isMap(node) ? node.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
  }

  /** The texts of a list; none where there is no list. */
  list(path: EditPath): string[] {
    const node = this.node(path);
    return isSeq(node) ? node.items.flatMap((item) => (isScalar(item) ? [String(item.value)] : [])) : [];
  }

  /** Sets what stands at `path`, written as YAML. Blocks above it that are not there are made. `before`: the key it goes in front of. */
  set(path: EditPath, yaml: string, before?: string): void {
    const parents = path.slice(0, -1);
    const key = path.at(-1)!;
    const parent = this.#mapAt(parents);
    if (parent === undefined) return;
    const value = nodeOf(yaml);
    const at = parent.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
    if (at >= 0) parent.items[at]!.value = value;
    else {
      const pair = new Pair(new Scalar(String(key)), value);
      const index = parent.items.findIndex((one) => isScalar(one.key) && one.key.value === before);
      if (index < 0) parent.items.push(pair);
      else parent.items.splice(index, 0, pair);
    }
  }

  /** Sets the texts of a list, which keeps its style and what it has of them. */
  setList(path: EditPath, values: readonly string[]): void {
    const node = this.node(path);
    if (!isSeq(node)) {
      this.set(path, `[${values.join(', ')}]`);
      return;
    }
    const old = new Map(node.items.flatMap((item) => (isScalar(item) ? [[String(item.value), item] as const] : [])));
    const items = values.map((value) => old.get(value) ?? new Scalar(value));
    if (items.length === 0) node.flow = true;
    node.items.splice(0, node.items.length, ...items);
  }

  /** Puts an item, written as YAML, into a list of items, behind the one at `index`. */
  insertItem(path: EditPath, index: number, yaml: string): void {
    const node = this.node(path);
    if (isSeq(node)) node.items.splice(index + 1, 0, nodeOf(yaml));
  }

  renameKey(path: EditPath, to: string): void {
    const parent = this.node(path.slice(0, -1));
    if (!isMap(parent)) return;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    if (pair !== undefined) (pair.key as Scalar).value = to;
  }

  setText(path: EditPath, to: string): void {
    const node = this.node(path);
    if (isScalar(node)) node.value = to;
  }

  /** Takes a key out, and the comment above it. */
  remove(path: EditPath): void {
    const parent = this.node(path.slice(0, -1));
    if (!isMap(parent)) return;
    const at = parent.items.findIndex(({ key }) => isScalar(key) && key.value === path.at(-1));
    if (at < 0) return;
    if (at === 0) parent.commentBefore = null;
    parent.items.splice(at, 1);
  }

  /** The file with its changes. Lines that say what they said before stay as they were, letter by letter. */
  result(): string {
    const written = this.#document.toString(FORM);
    const result = keepLines(this.#text, this.#formed, written);
    // Where the file's indentation is not ours, old and new lines don't fit together.
    return isDeepStrictEqual(plain(result), plain(written)) ? result : written;
  }

  /** The map at `path`, which is made where there is none; undefined where something else stands. */
  #mapAt(path: EditPath): YAMLMap | undefined {
    const node = this.node(path);
    if (isMap(node)) return node;
    if (node !== undefined && !(isScalar(node) && node.value === null) && !(isScalar(node) && node.value === '')) {
      return undefined;
    }
    if (path.length === 0) return undefined;
    const parent = this.#mapAt(path.slice(0, -1));
    if (parent === undefined) return undefined;
    const map = new YAMLMap();
    const at = parent.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === path.at(-1));
    if (at >= 0) parent.items[at]!.value = map;
    else parent.items.push(new Pair(new Scalar(String(path.at(-1))), map));
    return map;
  }
}

/** A value as it is written; an empty text is an empty value. */
function nodeOf(yaml: string): Node {
  if (yaml !== '') return parseDocument(yaml, AS_WRITTEN).contents as Node;
  return parseDocument('key:', AS_WRITTEN).get('key', true) as unknown as Node;
}

function plain(text: string): unknown {
  const document = parseDocument(text, AS_WRITTEN);
  return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: -1 });
}
