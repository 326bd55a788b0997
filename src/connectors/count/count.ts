import type { Connector, Consumer, CreateSettings } from '#component';
import { eachItem } from '#ottl';
import {
  ArenaWriter,
  AttributeCursor,
  Batch,
  type Chunk,
  type LogChunk,
  leasesOf,
  type PointChunk,
  type Signal,
  type SpanChunk,
} from '#pdata';
import { decodeMetrics, MetricsBuilder } from '#wire';
import { COUNTED_OF, type CountConnectorConfig } from './config.ts';
import { Counter, type CountRule, countRules } from './counter.ts';

const SCOPE_NAME = 'github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector';

/** The counters of a resource, one for each kind of item. */
type Counters = readonly Counter[];

/** Makes metrics of how many items each batch has, by resource (otelcol-contrib connector/countconnector). */
export class CountConnector implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #signal: Signal;
  readonly #next: ReadonlyMap<string, Consumer>;
  /** By kind of item, in the order of COUNTED_OF. */
  readonly #rules: readonly (readonly CountRule[])[];

  constructor(
    settings: CreateSettings,
    config: CountConnectorConfig,
    signal: Signal,
    next: ReadonlyMap<string, Consumer>,
  ) {
    this.#settings = settings;
    this.#signal = signal;
    this.#next = next;
    this.#rules = COUNTED_OF[signal].map((counted) => countRules(counted, config[counted], settings.clock));
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { account } = this.#settings;
    const { body, points } = this.#count(batch);
    if (points > 0) {
      for (const consumer of this.#next.values()) {
        const made = new Batch('metrics', [decodeMetrics(body.slice()).chunk], batch.context);
        for (const lease of leasesOf(batch.chunks)) made.lend(lease);
        await consumer.consume(made, abort);
        account.added('metrics', points, 'aggregated');
      }
    }
    account.absorbed(this.#signal, batch.itemCount, 'aggregated');
  }

  async shutdown(): Promise<void> {}

  #count(batch: Batch): { readonly body: Uint8Array; readonly points: number } {
    const groups = new Map<string, ResourceCounts>();
    for (const chunk of batch.chunks) this.#countChunk(chunk, batch, groups);
    const builder = new MetricsBuilder();
    const nowNs = BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
    let points = 0;
    for (const { attributes, counters } of groups.values()) {
      if (counters.every(({ isEmpty }) => isEmpty)) continue;
      const group = builder.group({ resource: attributes, scope: { name: SCOPE_NAME } });
      for (const counter of counters) points += counter.writeTo(group, nowNs);
    }
    return { body: builder.body(), points };
  }

  #countChunk(chunk: Chunk, batch: Batch, groups: Map<string, ResourceCounts>): void {
    const byResource = new Array<Counters | undefined>(chunk.resourceCount);
    const names = batch.chunks.length > 1 ? resourceNames(chunk) : undefined;
    const of = (resource: number): Counters => {
      byResource[resource] ??= this.#countersOf(chunk, resource, names?.[resource] ?? String(resource), groups);
      return byResource[resource];
    };
    const lists = this.#rules.flatMap((rules) => rules.flatMap(({ conditions }) => conditions ?? []));
    for (const list of lists) list.enter(chunk, batch.context);
    try {
      if (this.#signal === 'traces') countSpans(chunk as SpanChunk, of);
      else if (this.#signal === 'metrics') countMetrics(chunk as PointChunk, of);
      else countLogs(chunk as LogChunk, of);
    } finally {
      for (const list of lists) list.leave();
    }
  }

  #countersOf(chunk: Chunk, resource: number, name: string, groups: Map<string, ResourceCounts>): Counters {
    const known = groups.get(name);
    if (known !== undefined) return known.counters;
    const counters = this.#rules.map((rules) => new Counter(rules));
    // A cursor of its own: the groups are written when all is counted.
    const attributes = new AttributeCursor(chunk, 'resource', chunk.resourceAttributes.table).of(resource);
    groups.set(name, { attributes, counters });
    return counters;
  }
}

/** The counts of a resource, which may be in several chunks of a batch. */
interface ResourceCounts {
  readonly attributes: AttributeCursor;
  readonly counters: Counters;
}

/** Equal for equal resources of several chunks. Those of one chunk are told apart, as the sender did. */
function resourceNames(chunk: Chunk): string[] {
  const out = new ArenaWriter();
  const seen = new Map<string, number>();
  return Array.from({ length: chunk.resourceCount }, (_, resource) => {
    out.reset();
    chunk.resourceAttributes.of(resource).writeTo(out, 1);
    const content = Buffer.from(out.view()).toString('latin1');
    const before = seen.get(content) ?? 0;
    seen.set(content, before + 1);
    return `${before} ${content}`;
  });
}

type CountersOf = (resource: number) => Counters;

function countSpans(chunk: SpanChunk, of: CountersOf): void {
  const { startWords, endWords, eventCount } = chunk.columns;
  const view = chunk.view();
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    const [spans, events] = of(chunk.resourceOf(row)) as [Counter, Counter];
    spans.seeTime(startWords[row * 2 + 1]!, startWords[row * 2]!);
    spans.seeTime(endWords[row * 2 + 1]!, endWords[row * 2]!);
    spans.count(chunk, row, 0, chunk.rowAttributes.of(row));
    if (eventCount[row] === 0) continue;
    view.row = row;
    const { count } = view.events;
    for (let item = 0; item < count; item++) {
      const event = view.events.at(item);
      const { timeNs } = event;
      events.seeTime(Number(timeNs >> 32n), Number(timeNs & 0xffff_ffffn));
      events.count(chunk, row, item, event.attributes);
    }
  }
}

function countMetrics(chunk: PointChunk, of: CountersOf): void {
  eachItem(chunk, 'metric', (metric) => {
    const scope = chunk.metrics.scope[metric]!;
    of(chunk.layout.scopeResource[scope]!)[0]!.count(chunk, metric, 0, undefined);
  });
  const words = wordsOf(chunk.columns.timeNs);
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    const points = of(chunk.resourceOf(row))[1]!;
    points.seeTime(words[row * 2 + 1]!, words[row * 2]!);
    points.count(chunk, row, 0, chunk.rowAttributes.of(row));
  }
}

function countLogs(chunk: LogChunk, of: CountersOf): void {
  const words = wordsOf(chunk.columns.timeNs);
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    const logs = of(chunk.resourceOf(row))[0]!;
    logs.seeTime(words[row * 2 + 1]!, words[row * 2]!);
    logs.count(chunk, row, 0, chunk.rowAttributes.of(row));
  }
}

/** Times as pairs of words, low word first. */
function wordsOf(times: BigUint64Array): Uint32Array {
  return new Uint32Array(times.buffer, times.byteOffset, times.length * 2);
}
