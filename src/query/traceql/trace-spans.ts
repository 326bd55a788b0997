/** Spans of traces as columns, and one trace of them in the order of its tree. */
import type { StoredAttribute, StoredValue } from '../reader/index.ts';
import type { TraceNote } from '../traces/trace-place.ts';
import { orderSpans, PARENT_MISSING, PARENT_NONE } from '../traces/tree-order.ts';

/** An event of a span: of its own, or a log record that names the span. */
export interface EventFacts {
  readonly name: string;
  readonly timeNs: bigint;
  /** Those that are asked for, by their keys. */
  readonly attributes: ReadonlyMap<string, StoredValue>;
}

export interface LinkFacts {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: ReadonlyMap<string, StoredValue>;
}

/** What is asked of an owner of spans. */
export interface OwnerFacts {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly StoredAttribute[];
}

/** Spans of some traces: an entry a row. Ids in hex. */
export interface SpanRows {
  readonly count: number;
  readonly spanIds: readonly string[];
  readonly idBytes: Uint8Array;
  readonly parentIds: readonly string[];
  readonly parentBytes: Uint8Array;
  readonly startNs: BigInt64Array;
  readonly durationNs: ArrayLike<number>;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly kinds: ArrayLike<number>;
  readonly statuses: ArrayLike<number>;
  /** Empty where nobody asks. */
  readonly messages: readonly string[];
  readonly resources: readonly (OwnerFacts | undefined)[];
  readonly scopes: readonly (OwnerFacts | undefined)[];
  /** By key: of those that are asked for, the values under this name alone. */
  readonly attributes: ReadonlyMap<string, readonly (StoredValue | undefined)[]>;
  /** All attributes, where they are asked for. */
  readonly allAttributes: readonly (readonly StoredAttribute[])[];
  /** By the row. */
  readonly events: ReadonlyMap<number, readonly EventFacts[]>;
  readonly links: ReadonlyMap<number, readonly LinkFacts[]>;
}

const NO_ID = '0000000000000000';

/** A trace: its spans are named by their places in the tree's order, from 0 on. */
export class TraceSpans {
  readonly note: TraceNote;
  readonly spans: SpanRows;
  /** The row of each place. */
  readonly rows: Int32Array;
  /** The place of each one's parent, PARENT_NONE or PARENT_MISSING. */
  readonly parents: Int32Array;
  /** The place behind the last one below each. */
  readonly ends: Int32Array;
  readonly childCounts: Int32Array;
  #nested: { readonly left: Int32Array; readonly right: Int32Array } | undefined;

  /** `rows`: of this trace, in the order of their starts. */
  constructor(note: TraceNote, spans: SpanRows, rows: Int32Array) {
    this.note = note;
    this.spans = spans;
    const firstNs = spans.startNs[rows[0]!]!;
    const starts = Float64Array.from(rows, (row) => Number(spans.startNs[row]! - firstNs));
    const order = orderSpans(pickIds(spans.idBytes, rows), pickIds(spans.parentBytes, rows), starts);
    this.rows = order.rows.map((index) => rows[index]!);
    this.parents = order.parent;
    this.ends = new Int32Array(rows.length);
    this.childCounts = new Int32Array(rows.length);
    for (let place = rows.length - 1; place >= 0; place--) {
      this.ends[place] = Math.max(this.ends[place]!, place + 1);
      const parent = this.parents[place]!;
      if (parent < 0) continue;
      this.ends[parent] = Math.max(this.ends[parent]!, this.ends[place]!);
      this.childCounts[parent]! += 1;
    }
  }

  get spanCount(): number {
    return this.rows.length;
  }

  get durationNs(): number {
    return Number(this.note.endNs - this.note.firstNs);
  }

  parentId(place: number): string | undefined {
    const id = this.spans.parentIds[this.rows[place]!]!;
    return id === NO_ID ? undefined : id;
  }

  /** Numbers of a walk around the tree: what lies below a span has both of its numbers between the span's. */
  get nested(): { readonly left: Int32Array; readonly right: Int32Array } {
    this.#nested ??= nestedSets(this.parents);
    return this.#nested;
  }

  /** The `left` of the parent; -1 of a root, 0 where the parent is missing. */
  nestedParent(place: number): number {
    const parent = this.parents[place]!;
    if (parent === PARENT_NONE) return -1;
    return parent === PARENT_MISSING ? 0 : this.nested.left[parent]!;
  }
}

function nestedSets(parents: Int32Array): { left: Int32Array; right: Int32Array } {
  const left = new Int32Array(parents.length);
  const right = new Int32Array(parents.length);
  const open: number[] = [];
  let next = 1;
  const closeUntil = (parent: number): void => {
    while (open.length > 0 && open.at(-1) !== parent) right[open.pop()!] = next++;
  };
  for (let place = 0; place < parents.length; place++) {
    closeUntil(Math.max(parents[place]!, -1));
    left[place] = next++;
    open.push(place);
  }
  closeUntil(-1);
  return { left, right };
}

const ID_BYTES = 8;

function pickIds(bytes: Uint8Array, rows: Int32Array): Uint8Array {
  const picked = new Uint8Array(rows.length * ID_BYTES);
  for (let i = 0; i < rows.length; i++)
    picked.set(bytes.subarray(rows[i]! * ID_BYTES, (rows[i]! + 1) * ID_BYTES), i * ID_BYTES);
  return picked;
}
