import { hexAt } from '#base';
import { type AnyValue, type AttributeCursor, anyValueAt } from './attributes.ts';
import { Chunk, type ChunkLayout } from './chunk.ts';
import { textAt } from './text.ts';

/** Field numbers of opentelemetry.proto.logs.v1.LogRecord. */
export const LOG = {
  time: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  droppedAttributesCount: 7,
  flags: 8,
  traceId: 9,
  spanId: 10,
  observedTime: 11,
  eventName: 12,
} as const;

/** One entry per row. */
export interface LogColumns {
  /** Nanoseconds since the epoch; 0 where unknown. */
  readonly timeNs: BigUint64Array;
  readonly observedNs: BigUint64Array;
  /** 0 (unset) to 24. */
  readonly severityNumber: Uint8Array;
  readonly severityTextAt: Uint32Array;
  readonly severityTextLength: Uint32Array;
  /** VALUE_* and the payload, as in AttributeTable. */
  readonly bodyType: Uint8Array;
  readonly bodyAt: Uint32Array;
  readonly bodyLength: Uint32Array;
  /** Offset of the 16 bytes of the trace id; 0 for none. */
  readonly traceIdAt: Uint32Array;
  /** Offset of the 8 bytes of the span id; 0 for none. */
  readonly spanIdAt: Uint32Array;
  readonly flags: Uint32Array;
}

export class LogChunk extends Chunk {
  readonly signal = 'logs';
  readonly columns: LogColumns;

  constructor(layout: ChunkLayout, columns: LogColumns, rows: Uint32Array | undefined = undefined) {
    super(layout, rows);
    this.columns = columns;
  }

  protected override attributesField(): number {
    return LOG.attributes;
  }

  protected override withRows(rows: Uint32Array | undefined): LogChunk {
    return new LogChunk(this.layout, this.columns, rows);
  }

  override select(rows: Uint32Array): LogChunk {
    return super.select(rows) as LogChunk;
  }

  view(): LogView {
    return new LogView(this);
  }
}

/** One log record at a time; see SpanView. */
export class LogView {
  readonly #chunk: LogChunk;
  row = 0;

  constructor(chunk: LogChunk) {
    this.#chunk = chunk;
  }

  get timeNs(): bigint {
    return this.#chunk.columns.timeNs[this.row]!;
  }
  get observedNs(): bigint {
    return this.#chunk.columns.observedNs[this.row]!;
  }
  get severityNumber(): number {
    return this.#chunk.columns.severityNumber[this.row]!;
  }
  get severityText(): string {
    const { severityTextAt, severityTextLength } = this.#chunk.columns;
    return textAt(this.#chunk.arena, severityTextAt[this.row]!, severityTextLength[this.row]!);
  }
  get body(): AnyValue {
    const { bodyType, bodyAt, bodyLength } = this.#chunk.columns;
    return anyValueAt(this.#chunk.arena, bodyType[this.row]!, bodyAt[this.row]!, bodyLength[this.row]!);
  }
  /** '' for none. */
  get traceId(): string {
    const at = this.#chunk.columns.traceIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 16);
  }
  get spanId(): string {
    const at = this.#chunk.columns.spanIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 8);
  }
  get eventName(): string {
    return this.#chunk.rowText(this.row, LOG.eventName);
  }
  get attributes(): AttributeCursor {
    return this.#chunk.rowAttributes.of(this.row);
  }
  get resource(): AttributeCursor {
    return this.#chunk.resourceAttributes.of(this.#chunk.resourceOf(this.row));
  }
}
