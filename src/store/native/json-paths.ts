import { attributeKeys, UNKNOWN_KEY } from '#pdata';
import { JsonPath } from './json-path.ts';

/**
 * Which attribute keys have paths of their own in a JSON column. Keys get them as they come while there is room. When a block had more
 * keys than that, the next block's paths are those that most of its rows had: a path costs the store a file or more in each part, so in a
 * flood of keys hardly any should become one. Ids of keys are those of the process's dictionary; keys that it doesn't know (it is bounded)
 * never have paths.
 */
export class JsonPaths {
  readonly #limit: number;
  #paths: JsonPath[] = [];
  /** By key id. */
  #pathOf: (JsonPath | undefined)[] = [];
  /** Keys without a path: by key id, how often the block has them. */
  readonly #others = new Map<number, number>();
  /** The block before had more keys than the limit. */
  #isFlooded = false;
  /** What the first attribute of a row is compared with. */
  readonly #start = new JsonPath(-1, new Uint8Array(0));
  #previous: JsonPath = this.#start;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The paths that some row of the block has. */
  used(): JsonPath[] {
    return this.#paths.filter((path) => path.end > 0);
  }

  beginRow(): void {
    this.#previous = this.#start;
  }

  /** The path of the next attribute of a row by the bytes of its key; undefined where it has none. */
  find(arena: Uint8Array, view: DataView, at: number, length: number): JsonPath | undefined {
    const guess = this.#previous.next;
    if (guess?.isKey(view, at, length)) {
      this.#previous = guess;
      return guess;
    }
    return this.findById(attributeKeys.intern(arena, at, length));
  }

  /** The same by the key's id; UNKNOWN_KEY has no path. */
  findById(id: number): JsonPath | undefined {
    const path = id < 0 ? undefined : (this.#pathOf[id] ?? this.#admit(id));
    if (path === undefined) this.#others.set(id, (this.#others.get(id) ?? 0) + 1);
    else {
      this.#previous.next = path;
      this.#previous = path;
    }
    return path;
  }

  #admit(id: number): JsonPath | undefined {
    if (this.#isFlooded || this.#paths.length >= this.#limit) return undefined;
    return this.#add(new JsonPath(id, attributeKeys.bytes(id)));
  }

  #add(path: JsonPath): JsonPath {
    this.#paths.push(path);
    while (this.#pathOf.length <= path.id) this.#pathOf.push(undefined);
    this.#pathOf[path.id] = path;
    return path;
  }

  /** Forgets the rows of the block, of which there were `rowCount`, but not what they teach about keys. */
  reset(rowCount: number): void {
    if (this.#others.size > 0) this.#choose(rowCount);
    else this.#isFlooded = false;
    for (const path of this.#paths) path.reset();
    this.#others.clear();
  }

  #choose(rowCount: number): void {
    const used = this.used();
    this.#isFlooded = used.length + this.#others.size > this.#limit;
    const leastRows = this.#isFlooded ? 1 + rowCount / 1000 : 0;
    const known = new Map(this.#paths.map((path) => [path.id, path]));
    const rowCounts = new Map(this.#others);
    rowCounts.delete(UNKNOWN_KEY);
    for (const path of used) rowCounts.set(path.id, path.countRows());
    const chosen = [...rowCounts].filter(([, count]) => count > leastRows);
    chosen.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    this.#paths = [];
    this.#pathOf = [];
    for (const [id] of chosen.slice(0, this.#limit)) {
      const path = this.#add(known.get(id) ?? new JsonPath(id, attributeKeys.bytes(id)));
      path.next = undefined;
    }
    this.#start.next = undefined;
    this.#previous = this.#start;
  }
}
