import { holdLeases, type Lease, NO_LEASES } from '#pdata';

/**
 * The leases of small bodies that were put together into one chunk: each ends with the last row of its own body. Made only where somebody
 * has lent one.
 *
 *   firstRow   0     3        8        the parts' rows lie one behind the other
 *   liveRows   3     0        2
 */
export class PartLeases {
  readonly #firstRow: number[] = [];
  readonly #liveRows: number[] = [];
  readonly #leases: (readonly Lease[])[] = [];
  readonly #endHold: (() => void)[] = [];
  #isOpen = false;

  /** Rows from `firstRow` on belong to a new part. */
  begin(firstRow: number, leases: readonly Lease[]): void {
    this.#firstRow.push(firstRow);
    this.#liveRows.push(0);
    this.#leases.push(leases);
    this.#endHold.push(holdLeases(leases));
    this.#isOpen = true;
  }

  /** A row of the last part is held. */
  add(): void {
    this.#liveRows[this.#liveRows.length - 1]! += 1;
  }

  /** No more rows come to the last part. */
  end(): void {
    this.#isOpen = false;
    const last = this.#liveRows.length - 1;
    if (this.#liveRows[last] === 0) this.#endHold[last]!();
  }

  /** A row is let go. */
  free(row: number): void {
    const part = this.#partOf(row);
    this.#liveRows[part]! -= 1;
    const isOpen = this.#isOpen && part === this.#liveRows.length - 1;
    if (this.#liveRows[part] === 0 && !isOpen) this.#endHold[part]!();
  }

  leasesOf(row: number): readonly Lease[] {
    return this.#leases[this.#partOf(row)] ?? NO_LEASES;
  }

  #partOf(row: number): number {
    let low = 0;
    let high = this.#firstRow.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firstRow[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
