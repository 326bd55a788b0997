import { type AttributeTable, attributeKeys } from '#pdata';

/**
 * Owners of attributes in the order of the rows that they make. `repeats[i]` rows in a row carry the attributes of `owners[i]`: one for
 * spans and logs, many for a resource.
 */
export interface OwnerGroup {
  readonly arena: Uint8Array;
  readonly table: AttributeTable;
  readonly count: number;
  /** Undefined: 0, 1, 2, … */
  readonly owners: Uint32Array | undefined;
  /** Undefined: 1 each. */
  readonly repeats: Uint32Array | undefined;
}

/** The bytes of a key, and where they were seen first. */
interface KnownKey {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly rowCount: number;
}

/**
 * Finds out which keys occur in a block and how often, and which of them become paths of their own. Ids of keys are those of the
 * process's dictionary; keys that it doesn't know (it is bounded) never become paths and stay apart by their bytes.
 */
export class PathChooser {
  /** Per key id: the index of its path in `paths`, or -1. */
  slotOf: Int32Array = new Int32Array(0);
  /** The keys with a path of their own, in byte order. */
  paths: readonly Uint8Array[] = [];
  /** Serial numbers (over all groups) of the owners that have a known key more than once. */
  readonly duplicateOwners: Set<number> = new Set();

  #rowCounts: Uint32Array = new Uint32Array(0);
  #lastOwner: Int32Array = new Int32Array(0);
  readonly #seen: number[] = [];
  readonly #firstGroup: OwnerGroup[] = [];
  readonly #firstRow: number[] = [];

  choose(groups: readonly OwnerGroup[], limit: number): void {
    this.#reset();
    let serial = 0;
    for (const group of groups) {
      this.#count(group, serial);
      serial += group.count;
    }
    const keys = this.#seen.map((id, i) => this.#keyOf(id, i));
    if (keys.length > limit) {
      keys.sort((a, b) => b.rowCount - a.rowCount || Buffer.compare(a.bytes, b.bytes));
      keys.length = limit;
    }
    keys.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    for (let slot = 0; slot < keys.length; slot++) this.slotOf[keys[slot]!.id] = slot;
    this.paths = keys.map((key) => key.bytes);
  }

  #keyOf(id: number, index: number): KnownKey {
    const { arena, table } = this.#firstGroup[index]!;
    const row = this.#firstRow[index]!;
    const at = table.keyAt[row]!;
    return { id, bytes: arena.subarray(at, at + table.keyLength[row]!), rowCount: this.#rowCounts[id]! };
  }

  #reset(): void {
    for (const id of this.#seen) {
      this.slotOf[id] = -1;
      this.#rowCounts[id] = 0;
    }
    this.#seen.length = 0;
    this.#firstGroup.length = 0;
    this.#firstRow.length = 0;
    this.duplicateOwners.clear();
    this.#lastOwner.fill(-1);
    const size = attributeKeys.size;
    if (this.slotOf.length >= size) return;
    const capacity = Math.max(1024, size * 2);
    this.slotOf = new Int32Array(capacity).fill(-1);
    this.#rowCounts = new Uint32Array(capacity);
    this.#lastOwner = new Int32Array(capacity).fill(-1);
  }

  #count(group: OwnerGroup, firstSerial: number): void {
    const { keyId, from, to } = group.table;
    const { owners, repeats, count } = group;
    const rowCounts = this.#rowCounts;
    const lastOwner = this.#lastOwner;
    for (let i = 0; i < count; i++) {
      const owner = owners === undefined ? i : owners[i]!;
      const repeat = repeats === undefined ? 1 : repeats[i]!;
      const end = to[owner]!;
      for (let row = from[owner]!; row < end; row++) {
        const id = keyId[row]!;
        if (id < 0) continue;
        if (lastOwner[id] === firstSerial + i) {
          this.duplicateOwners.add(firstSerial + i);
          continue;
        }
        lastOwner[id] = firstSerial + i;
        if (rowCounts[id] === 0) this.#see(id, group, row);
        rowCounts[id]! += repeat;
      }
    }
  }

  #see(id: number, group: OwnerGroup, row: number): void {
    this.#seen.push(id);
    this.#firstGroup.push(group);
    this.#firstRow.push(row);
  }
}
