import { hexAt } from '#base';
import type { AnyValue } from './any-value.ts';
import type { AttributeCursor } from './attributes.ts';
import { Chunk } from './chunk.ts';
import { anyValueAt } from './read-values.ts';
import { numberField, ResourceView, ScopeView, textField } from './resource-view.ts';
import { textAt } from './text.ts';
import type { PreparedValue } from './value-types.ts';
import type { ChunkLayout } from './writable-columns.ts';

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

export class LogChunk extends Chunk<LogColumns> {
  readonly signal = 'logs';

  constructor(layout: ChunkLayout, columns: LogColumns, rows: Uint32Array | undefined = undefined) {
    super(layout, columns, rows);
  }

  override attributesField(): number {
    return LOG.attributes;
  }

  protected override withRows(rows: Uint32Array | undefined): LogChunk {
    return new LogChunk(this.layout, this.columns, rows);
  }

  override select(rows: Uint32Array): LogChunk {
    return super.select(rows) as LogChunk;
  }

  override clone(): LogChunk {
    return super.clone() as LogChunk;
  }

  setBody(row: number, body: AnyValue): void {
    this.setPreparedBody(row, this.appendValue(body));
  }

  /** Sets the body to a value that already lies in the arena. */
  setPreparedBody(row: number, { type, at, length }: PreparedValue): void {
    this.ownColumn('bodyType')[row] = type;
    this.ownColumn('bodyAt')[row] = at;
    this.ownColumn('bodyLength')[row] = length;
    this.markField(row, LOG.body);
  }

  view(): LogView {
    return new LogView(this);
  }
}

/** One log record at a time; see SpanView. */
export class LogView {
  readonly #chunk: LogChunk;
  readonly #resource: ResourceView;
  readonly #scope: ScopeView;
  row = 0;

  constructor(chunk: LogChunk) {
    this.#chunk = chunk;
    this.#resource = new ResourceView(chunk);
    this.#scope = new ScopeView(chunk);
  }

  /** 0 where unknown. */
  get timeNs(): bigint {
    return this.#chunk.columns.timeNs[this.row]!;
  }
  set timeNs(timeNs: bigint) {
    this.#chunk.setInt64(this.row, LOG.time, 'timeNs', timeNs);
  }

  get observedNs(): bigint {
    return this.#chunk.columns.observedNs[this.row]!;
  }
  set observedNs(timeNs: bigint) {
    this.#chunk.setInt64(this.row, LOG.observedTime, 'observedNs', timeNs);
  }

  /** 0 (unset) to 24. */
  get severityNumber(): number {
    return this.#chunk.columns.severityNumber[this.row]!;
  }
  set severityNumber(severity: number) {
    this.#chunk.setNumber(this.row, LOG.severityNumber, 'severityNumber', severity);
  }

  get severityText(): string {
    const { severityTextAt, severityTextLength } = this.#chunk.columns;
    return textAt(this.#chunk.arena, severityTextAt[this.row]!, severityTextLength[this.row]!);
  }
  set severityText(text: string) {
    this.#chunk.setText(this.row, LOG.severityText, 'severityTextAt', 'severityTextLength', text);
  }

  /** null for none. */
  get body(): AnyValue {
    const { bodyType, bodyAt, bodyLength } = this.#chunk.columns;
    return anyValueAt(this.#chunk.arena, bodyType[this.row]!, bodyAt[this.row]!, bodyLength[this.row]!);
  }
  set body(body: AnyValue) {
    this.#chunk.setBody(this.row, body);
  }

  /** '' for none. */
  get traceId(): string {
    const at = this.#chunk.columns.traceIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 16);
  }
  set traceId(hex: string) {
    this.#chunk.setId(this.row, LOG.traceId, 'traceIdAt', 16, hex, false);
  }

  get spanId(): string {
    const at = this.#chunk.columns.spanIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 8);
  }
  set spanId(hex: string) {
    this.#chunk.setId(this.row, LOG.spanId, 'spanIdAt', 8, hex, false);
  }

  get flags(): number {
    return this.#chunk.columns.flags[this.row]!;
  }
  set flags(flags: number) {
    this.#chunk.setNumber(this.row, LOG.flags, 'flags', flags);
  }

  get eventName(): string {
    return this.#chunk.rowText(this.row, LOG.eventName);
  }
  set eventName(name: string) {
    this.#chunk.rewriteRow(this.row, 1 << LOG.eventName, textField(LOG.eventName, name));
  }

  get droppedAttributesCount(): number {
    return this.#chunk.rowNumber(this.row, LOG.droppedAttributesCount);
  }
  set droppedAttributesCount(count: number) {
    const field = LOG.droppedAttributesCount;
    this.#chunk.rewriteRow(this.row, 1 << field, numberField(field, count));
  }

  get attributes(): AttributeCursor {
    return this.#chunk.rowAttributes.of(this.row);
  }

  get resource(): ResourceView {
    this.#resource.index = this.#chunk.resourceOf(this.row);
    return this.#resource;
  }

  get scope(): ScopeView {
    this.#scope.index = this.#chunk.scopeOf(this.row);
    return this.#scope;
  }
}
