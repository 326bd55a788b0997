import { Chunk } from './chunk.ts';
import { SPAN } from './span-fields.ts';

/** One entry per row. */
export interface SpanColumns {
  /** Offset of the 16 bytes of the trace id. */
  readonly traceIdAt: Uint32Array;
  /** Offset of the 8 bytes of the span id. */
  readonly spanIdAt: Uint32Array;
  /** Offset of the 8 bytes of the parent's id; 0 for a root. */
  readonly parentSpanIdAt: Uint32Array;
  readonly nameAt: Uint32Array;
  readonly nameLength: Uint32Array;
  /** Nanoseconds since the epoch. `startWords` and `endWords` are the same bytes as pairs of words, low word first. */
  readonly startNs: BigUint64Array;
  readonly endNs: BigUint64Array;
  readonly startWords: Uint32Array;
  readonly endWords: Uint32Array;
  /** SPAN_KIND_*. */
  readonly kind: Uint8Array;
  /** STATUS_*. */
  readonly statusCode: Uint8Array;
  /** W3C trace flags in the low byte, and whether the parent is remote. */
  readonly flags: Uint32Array;
  /** How many events and links the span carries (not the dropped ones). */
  readonly eventCount: Uint16Array;
  readonly linkCount: Uint16Array;
}

/** What views of spans need of a chunk, so that they need not know the class that makes them. */
export abstract class SpanRows extends Chunk<SpanColumns> {
  readonly signal = 'traces';

  override attributesField(): number {
    return SPAN.attributes;
  }

  /** Sets start or end, and the words beside them. */
  setTime(row: number, field: number, column: 'startNs' | 'endNs', timeNs: bigint): void {
    this.setInt64(row, field, column, timeNs);
    const words = column === 'startNs' ? 'startWords' : 'endWords';
    const { buffer } = this.columns[column];
    if (this.columns[words].buffer !== buffer) {
      (this.columns as { -readonly [K in keyof SpanColumns]: SpanColumns[K] })[words] = new Uint32Array(buffer);
    }
  }
}
