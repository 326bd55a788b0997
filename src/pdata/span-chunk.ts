import { hexAt } from '#base';
import type { AttributeCursor } from './attributes.ts';
import { Chunk, type ChunkLayout } from './chunk.ts';
import { textAt } from './text.ts';

export const SPAN_KIND_UNSPECIFIED = 0;
export const SPAN_KIND_INTERNAL = 1;
export const SPAN_KIND_SERVER = 2;
export const SPAN_KIND_CLIENT = 3;
export const SPAN_KIND_PRODUCER = 4;
export const SPAN_KIND_CONSUMER = 5;

export const STATUS_UNSET = 0;
export const STATUS_OK = 1;
export const STATUS_ERROR = 2;

/** Field numbers of opentelemetry.proto.trace.v1.Span. */
export const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTime: 7,
  endTime: 8,
  attributes: 9,
  droppedAttributesCount: 10,
  events: 11,
  droppedEventsCount: 12,
  links: 13,
  droppedLinksCount: 14,
  status: 15,
  flags: 16,
} as const;

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

/** Spans. Fields without a column are read from the row's bytes when asked for (`rowText`, `rowNumber`, findField). */
export class SpanChunk extends Chunk {
  readonly signal = 'traces';
  readonly columns: SpanColumns;

  constructor(layout: ChunkLayout, columns: SpanColumns, rows: Uint32Array | undefined = undefined) {
    super(layout, rows);
    this.columns = columns;
  }

  protected override attributesField(): number {
    return SPAN.attributes;
  }

  protected override withRows(rows: Uint32Array | undefined): SpanChunk {
    return new SpanChunk(this.layout, this.columns, rows);
  }

  override select(rows: Uint32Array): SpanChunk {
    return super.select(rows) as SpanChunk;
  }

  /** A cursor for code that reads span by span: set `row`, then ask. */
  view(): SpanView {
    return new SpanView(this);
  }
}

/** One span at a time. `view.row = chunk.rowAt(i)` moves it; it holds no data of its own. */
export class SpanView {
  readonly #chunk: SpanChunk;
  row = 0;

  constructor(chunk: SpanChunk) {
    this.#chunk = chunk;
  }

  get traceId(): string {
    return hexAt(this.#chunk.arena, this.#chunk.columns.traceIdAt[this.row]!, 16);
  }
  get spanId(): string {
    return hexAt(this.#chunk.arena, this.#chunk.columns.spanIdAt[this.row]!, 8);
  }
  /** '' for a root. */
  get parentSpanId(): string {
    const at = this.#chunk.columns.parentSpanIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 8);
  }
  get isRoot(): boolean {
    return this.#chunk.columns.parentSpanIdAt[this.row] === 0;
  }
  get name(): string {
    const { nameAt, nameLength } = this.#chunk.columns;
    return textAt(this.#chunk.arena, nameAt[this.row]!, nameLength[this.row]!);
  }
  get kind(): number {
    return this.#chunk.columns.kind[this.row]!;
  }
  get statusCode(): number {
    return this.#chunk.columns.statusCode[this.row]!;
  }
  get isError(): boolean {
    return this.#chunk.columns.statusCode[this.row] === STATUS_ERROR;
  }
  get startNs(): bigint {
    return this.#chunk.columns.startNs[this.row]!;
  }
  get endNs(): bigint {
    return this.#chunk.columns.endNs[this.row]!;
  }
  /** End minus start in nanoseconds; negative where a clock went backwards. */
  get durationNs(): number {
    const { startWords, endWords } = this.#chunk.columns;
    const low = this.row * 2;
    return (endWords[low + 1]! - startWords[low + 1]!) * 0x1_0000_0000 + (endWords[low]! - startWords[low]!);
  }
  get traceState(): string {
    return this.#chunk.rowText(this.row, SPAN.traceState);
  }
  get attributes(): AttributeCursor {
    return this.#chunk.rowAttributes.of(this.row);
  }
  get resource(): AttributeCursor {
    return this.#chunk.resourceAttributes.of(this.#chunk.resourceOf(this.row));
  }
}
