/**
 * Column space for decoding. A decoder doesn't know how many rows a body has, so it fills columns that the module keeps and grows,
 * and `take` copies the filled part into one fresh buffer that belongs to the chunk: one allocation a body and no garbage.
 */

type ColumnArray = Uint8Array | Uint16Array | Uint32Array | BigUint64Array | BigInt64Array | Float64Array;
type ColumnConstructor<T extends ColumnArray> = {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};
export type Spec = Readonly<Record<string, ColumnConstructor<ColumnArray>>>;
export type ColumnsOf<S extends Spec> = {
  -readonly [K in keyof S]: S[K] extends ColumnConstructor<infer T> ? T : never;
};

/** Space for more rows than this is not kept: one body of 60 MB would leave 100 MB behind for good. */
const KEPT_ROWS = 64 * 1024;

/** Space for `capacity` rows of the columns in `spec`. `columns` is replaced when it grows: read it anew after `reserve`. */
export class ColumnSpace<S extends Spec> {
  readonly #spec: S;
  readonly #startCapacity: number;
  columns: ColumnsOf<S>;
  capacity: number;

  constructor(spec: S, capacity = 1024) {
    this.#spec = spec;
    this.#startCapacity = capacity;
    this.capacity = capacity;
    this.columns = layOut(spec, capacity);
  }

  /** Doubles the space, keeping what is there. */
  grow(): void {
    const columns = layOut(this.#spec, this.capacity * 2);
    copyColumns(this.#spec, this.columns, columns, this.capacity);
    this.columns = columns;
    this.capacity *= 2;
  }

  /** A copy of the first `count` rows; what is in the space is gone then.  Columns of 8-byte types come first in `spec`, so that all are aligned. */
  take(count: number): ColumnsOf<S> {
    const taken = layOut(this.#spec, count);
    copyColumns(this.#spec, this.columns, taken, count);
    if (this.capacity > KEPT_ROWS) {
      this.capacity = this.#startCapacity;
      this.columns = layOut(this.#spec, this.capacity);
    }
    return taken;
  }
}

function layOut<S extends Spec>(spec: S, count: number): ColumnsOf<S> {
  let bytes = 0;
  for (const name in spec) bytes += pad(spec[name]!.BYTES_PER_ELEMENT * count);
  const buffer = new ArrayBuffer(bytes);
  const columns: Record<string, ColumnArray> = {};
  let offset = 0;
  for (const name in spec) {
    const Type = spec[name]!;
    columns[name] = new Type(buffer, offset, count);
    offset += pad(Type.BYTES_PER_ELEMENT * count);
  }
  return columns as ColumnsOf<S>;
}

function copyColumns<S extends Spec>(spec: S, source: ColumnsOf<S>, target: ColumnsOf<S>, count: number): void {
  for (const name in spec) {
    const from = source[name] as Uint8Array;
    (target[name] as Uint8Array).set(from.subarray(0, count));
  }
}

function pad(bytes: number): number {
  return (bytes + 7) & ~7;
}
