import { type Connector, type Consumer, type CreateSettings, fanOut } from '#component';
import {
  type AnyValue,
  AttributeCursor,
  attributeKey,
  Batch,
  type EventView,
  exactValueAt,
  type LogChunk,
  leasesOf,
  type Signal,
  type SpanChunk,
  type SpanView,
  textAt,
  valueText,
} from '#pdata';
import { decodeLogs, LogsBuilder } from '#wire';
import { type ExceptionsConfig, SERVICE_NAME, SPAN_KIND, SPAN_NAME, STATUS_CODE } from './config.ts';
import { Dimensions, kindText, statusText } from './dimensions.ts';
import { eachExceptionEvent, exceptionRows } from './find.ts';

const EVENT_NAME = 'exception';
const SEVERITY_ERROR = 17;
/** What the conventions say of an exception. */
const EXCEPTION_KEYS = ['exception.type', 'exception.message', 'exception.stacktrace'].map((name) => ({
  name,
  key: attributeKey(name),
}));

/** Makes log records of exceptions in span events; of log records it lets those through that are exceptions. */
export class ExceptionLogs implements Connector {
  readonly #settings: CreateSettings;
  readonly #signal: Signal;
  readonly #next: Consumer;
  readonly #pipelines: number;
  readonly #dimensions: Dimensions;

  constructor(
    settings: CreateSettings,
    { dimensions }: ExceptionsConfig,
    signal: Signal,
    next: ReadonlyMap<string, Consumer>,
  ) {
    this.#settings = settings;
    this.#signal = signal;
    this.#next = fanOut([...next.values()]);
    this.#pipelines = next.size;
    this.#dimensions = new Dimensions(dimensions);
  }

  /** What it lets through is the sender's; what it makes is not. */
  get mutatesData(): boolean {
    return this.#signal === 'logs' && this.#next.mutatesData;
  }

  async start(): Promise<void> {}

  consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    return this.#signal === 'logs' ? this.#select(batch, abort) : this.#make(batch, abort);
  }

  async shutdown(): Promise<void> {}

  async #select(batch: Batch, abort: AbortSignal | undefined): Promise<void> {
    const { account } = this.#settings;
    const chunks = batch.chunks as readonly LogChunk[];
    const kept = batch.with(chunks.map((chunk) => chunk.select(exceptionRows(chunk))));
    if (kept.itemCount > 0) await this.#next.consume(kept, abort);
    account.filtered('logs', batch.itemCount - kept.itemCount, 'unwanted');
    account.added('logs', kept.itemCount * (this.#pipelines - 1), 'copied');
  }

  async #make(batch: Batch, abort: AbortSignal | undefined): Promise<void> {
    const { account } = this.#settings;
    const builder = new LogsBuilder();
    for (const chunk of batch.chunks) this.#addChunk(chunk as SpanChunk, builder);
    const made = new Batch('logs', [decodeLogs(builder.body()).chunk], batch.context);
    for (const lease of leasesOf(batch.chunks)) made.lend(lease);
    const { itemCount } = made;
    if (itemCount > 0) await this.#next.consume(made, abort);
    account.added('logs', itemCount * this.#pipelines, 'aggregated');
    account.absorbed('traces', batch.itemCount, 'aggregated');
  }

  #addChunk(chunk: SpanChunk, builder: LogsBuilder): void {
    const groups = new Map<number, ReturnType<LogsBuilder['group']>>();
    eachExceptionEvent(chunk, (span, event, service) => {
      const scope = chunk.scopeOf(span.row);
      const group = groups.get(scope) ?? groupOf(builder, chunk, scope);
      groups.set(scope, group);
      group.add({
        timeNs: event.timeNs,
        severityNumber: SEVERITY_ERROR,
        severityText: 'ERROR',
        eventName: EVENT_NAME,
        traceId: span.traceId,
        spanId: span.spanId,
        attributes: this.#attributesOf(chunk, span, event, service),
      });
    });
  }

  #attributesOf(chunk: SpanChunk, span: SpanView, event: EventView, service: string): Map<string, AnyValue> {
    const { arena } = chunk;
    const { attributes: own } = span;
    const attributes = new Map<string, AnyValue>();
    const { table, owner } = own;
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const key = textAt(arena, table.keyAt[row]!, table.keyLength[row]!);
      attributes.set(key, exactValueAt(arena, table.type[row]!, table.at[row]!, table.length[row]!));
    }
    attributes.set(SPAN_NAME, span.name);
    attributes.set(SPAN_KIND, kindText(span.kind));
    attributes.set(STATUS_CODE, statusText(span.statusCode));
    attributes.set(SERVICE_NAME, service);
    const holders = [own, event.attributes, span.resource.attributes];
    // In records a dimension that is no text is an empty one.
    for (const [name, value] of this.#dimensions.valuesIn(chunk, ...holders)) {
      attributes.set(name, typeof value === 'string' ? value : '');
    }
    for (const { name, key } of EXCEPTION_KEYS) {
      const value = event.attributes.get(key);
      if (value !== undefined) attributes.set(name, valueText(value));
    }
    return attributes;
  }
}

/** With the resource and scope of the span. */
function groupOf(builder: LogsBuilder, chunk: SpanChunk, scope: number): ReturnType<LogsBuilder['group']> {
  const resource = chunk.layout.scopeResource[scope]!;
  // Cursors of their own: the group is written when all records are there.
  return builder.group({
    resource: new AttributeCursor(chunk, 'resource', chunk.resourceAttributes.table).of(resource),
    scope: {
      name: chunk.scopeName(scope),
      version: chunk.scopeVersion(scope),
      attributes: new AttributeCursor(chunk, 'scope', chunk.scopeAttributes.table).of(scope),
    },
  });
}
