import type { StoredRow } from './stored-rows.ts';

export type StoredRows = ReadonlyMap<number | bigint, StoredRow>;

/** Series that are kept, and which of them have a label: made for the labels that are asked for. */
export class KnownSeries {
  readonly rows: StoredRows;
  readonly #byLabel = new Map<string, ReadonlyMap<string, readonly StoredRow[]>>();

  constructor(rows: StoredRows) {
    this.rows = rows;
  }

  /** All series that have these labels, and maybe others; of no labels, all. */
  having(labels: readonly (readonly [name: string, value: string])[]): Iterable<StoredRow> {
    let fewest: readonly StoredRow[] | undefined;
    for (const [name, value] of labels) {
      const found = this.#valuesOf(name).get(value) ?? [];
      if (fewest === undefined || found.length < fewest.length) fewest = found;
    }
    return fewest ?? this.rows.values();
  }

  #valuesOf(name: string): ReadonlyMap<string, readonly StoredRow[]> {
    const known = this.#byLabel.get(name);
    if (known !== undefined) return known;
    const values = new Map<string, StoredRow[]>();
    for (const row of this.rows.values()) {
      const value = row.labels.get(name);
      const rows = values.get(value);
      if (rows === undefined) values.set(value, [row]);
      else rows.push(row);
    }
    this.#byLabel.set(name, values);
    return values;
  }
}
