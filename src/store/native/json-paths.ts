import { type AttributeTable, attributeKeys } from '#pdata';

/**
 * Owners of attributes in the order of the rows that they make. `repeats[i]` rows in a row carry the attributes of `owners[i]`: one for
 * spans and logs, many for a resource.
 */
export interface OwnerGroup {
  readonly arena: Uint8Array;
  readonly table: AttributeTable;
  readonly count: number;
  /** Added to each index of an owner. */
  readonly firstOwner: number;
  /** Undefined: 0, 1, 2, … */
  readonly owners: Uint32Array | undefined;
  /** Undefined: 1 each. */
  readonly repeats: Uint32Array | undefined;
}

/** A key's place in a chunk. */
interface KeyPlace {
  readonly id: number;
  readonly group: OwnerGroup;
  readonly row: number;
}

/**
 * Finds out which keys occur in a block, and which of them become paths of their own: all, or the most frequent ones where there are more
 * than the limit. Ids of keys are those of the process's dictionary; keys that it doesn't know (it is bounded) never become
 * paths and stay apart by their bytes.
 */
export class PathChooser {
  /** Per key id: the index of its path in `paths`; -1 for a key without a path. */
  slotOf: Int32Array = new Int32Array(0);
  /** The keys with a path of their own. */
  paths: readonly Uint8Array[] = [];
  /** Serial numbers (over all groups) of the owners that have a known key more than once. */
  readonly duplicateOwners: Set<number> = new Set();

  /** Per key id: the last owner that had it, by serial number. */
  #lastOwner: Int32Array = new Int32Array(0);
  #seen: KeyPlace[] = [];

  choose(groups: readonly OwnerGroup[], limit: number, rowCount: number): void {
    this.#reset();
    let serial = 0;
    for (const group of groups) {
      this.#see(group, serial);
      serial += group.count;
    }
    const chosen = this.#seen.length <= limit ? this.#seen : this.#mostFrequent(groups, limit, rowCount);
    this.paths = chosen.map(keyBytes);
    for (let slot = 0; slot < chosen.length; slot++) this.slotOf[chosen[slot]!.id] = slot;
  }

  #reset(): void {
    for (const { id } of this.#seen) {
      this.slotOf[id] = -1;
      this.#lastOwner[id] = -1;
    }
    this.#seen = [];
    this.duplicateOwners.clear();
    const size = attributeKeys.size;
    if (this.slotOf.length >= size) return;
    const capacity = Math.max(1024, size * 2);
    this.slotOf = new Int32Array(capacity).fill(-1);
    this.#lastOwner = new Int32Array(capacity).fill(-1);
  }

  #see(group: OwnerGroup, firstSerial: number): void {
    const { keyId, from, to } = group.table;
    const { owners, count, firstOwner } = group;
    const lastOwner = this.#lastOwner;
    for (let i = 0; i < count; i++) {
      const owner = firstOwner + (owners === undefined ? i : owners[i]!);
      const serial = firstSerial + i;
      const end = to[owner]!;
      for (let row = from[owner]!; row < end; row++) {
        const id = keyId[row]!;
        if (id < 0) continue;
        const last = lastOwner[id]!;
        lastOwner[id] = serial;
        if (last === serial) this.duplicateOwners.add(serial);
        else if (last < 0) this.#seen.push({ id, group, row });
      }
    }
  }

  /** A path costs the store a file or more in each part, so in a flood of keys only those that many rows have become one. */
  #mostFrequent(groups: readonly OwnerGroup[], limit: number, rowCount: number): KeyPlace[] {
    const leastRows = 1 + rowCount / 1000;
    const rowCounts = new Map<number, number>();
    for (const { table, firstOwner, owners, repeats, count } of groups) {
      for (let i = 0; i < count; i++) {
        const owner = firstOwner + (owners === undefined ? i : owners[i]!);
        const repeat = repeats === undefined ? 1 : repeats[i]!;
        for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
          const id = table.keyId[row]!;
          if (id >= 0) rowCounts.set(id, (rowCounts.get(id) ?? 0) + repeat);
        }
      }
    }
    return this.#seen
      .filter(({ id }) => rowCounts.get(id)! > leastRows)
      .sort((a, b) => rowCounts.get(b.id)! - rowCounts.get(a.id)! || Buffer.compare(keyBytes(a), keyBytes(b)))
      .slice(0, limit);
  }
}

function keyBytes({ group, row }: KeyPlace): Uint8Array {
  const at = group.table.keyAt[row]!;
  return group.arena.subarray(at, at + group.table.keyLength[row]!);
}
