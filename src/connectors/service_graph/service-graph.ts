import { type Connector, type Consumer, type CreateSettings, MetricsFeed, type MetricsRequest } from '#component';
import {
  type AttributeCursor,
  type AttributeKey,
  assertSignal,
  attributeKey,
  Batch,
  SPAN_KIND_CLIENT,
  SPAN_KIND_CONSUMER,
  SPAN_KIND_PRODUCER,
  SPAN_KIND_SERVER,
  type SpanChunk,
  type SpanView,
  valueText,
} from '#pdata';
import { decodeMetrics } from '#wire';
import { CallMetrics } from './call-metrics.ts';
import { type Call, WaitingCalls } from './calls.ts';
import type { ServiceGraphConfig } from './config.ts';

const SERVICE_NAME = attributeKey('service.name');
const NO_ID = '\0'.repeat(8);
const USER = 'user';
const UNKNOWN_SERVER = 'unknown';

type CallCounter = { add(amount: number): void };

/**
 * Joins the client's and the server's span of each call (the producer's and the consumer's of each message), and makes metrics of the
 * calls between services (otelcol-contrib connector/servicegraphconnector 0.159, the metrics of Grafana's service graph).
 */
export class ServiceGraphConnector implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: ServiceGraphConfig;
  readonly #waiting: WaitingCalls;
  readonly #metrics: CallMetrics;
  readonly #feed: MetricsFeed;
  readonly #dimensions: readonly { readonly key: AttributeKey; readonly client: string; readonly server: string }[];
  readonly #peers: readonly AttributeKey[];
  readonly #databases: readonly AttributeKey[];
  readonly #newCalls: CallCounter;
  readonly #expiredCalls: CallCounter;
  readonly #droppedSpans: CallCounter;
  #cancels: (() => void)[] = [];
  #isClosed = false;

  constructor(settings: CreateSettings, config: ServiceGraphConfig, next: ReadonlyMap<string, Consumer>) {
    this.#settings = settings;
    this.#config = config;
    this.#waiting = new WaitingCalls(config.maxItems, config.ttlMs);
    this.#metrics = new CallMetrics(config);
    this.#dimensions = config.dimensions.map((name) => ({
      key: attributeKey(name),
      client: `client_${name}`,
      server: `server_${name}`,
    }));
    this.#peers = config.peerAttributes.map(attributeKey);
    this.#databases = config.databaseAttributes.map(attributeKey);
    this.#feed = new MetricsFeed(settings, next, {
      intervalMs: config.flushIntervalMs,
      isDelta: false,
      collect: () => this.#collect(),
    });
    const counter = (name: string, unit: string, description: string): CallCounter =>
      settings.meter.counter(`connector_servicegraph_${name}`, { unit, description });
    this.#newCalls = counter('total_edges', '{edge}', 'calls of which an end was seen');
    this.#expiredCalls = counter('expired_edges', '{edge}', 'calls whose other end did not come in time');
    this.#droppedSpans = counter('dropped_spans', '{span}', 'spans left out because too many waited');
  }

  async start(): Promise<void> {
    const { meter, clock } = this.#settings;
    const gauge = { unit: '{edge}', description: 'calls that wait for their other end' };
    this.#cancels.push(meter.gauge('connector_servicegraph_waiting_edges', gauge, () => this.#waiting.size));
    this.#repeat(this.#config.expirationLoopMs, () => this.#expire());
    this.#repeat(this.#config.cacheLoopMs, () => this.#metrics.forgetQuiet(clock.nowMs()));
    this.#feed.start();
  }

  #repeat(intervalMs: number, run: () => void): void {
    const index = this.#cancels.length;
    const schedule = (): void => {
      this.#cancels[index] = this.#settings.clock.after(intervalMs, () => {
        run();
        schedule();
      });
    };
    schedule();
  }

  async consume(batch: Batch): Promise<void> {
    const { account } = this.#settings;
    let dropped = 0;
    for (const chunk of batch.chunks) {
      assertSignal(chunk, 'traces');
      dropped += this.#addChunk(chunk as SpanChunk);
    }
    this.#droppedSpans.add(dropped);
    account.dropped('traces', dropped, 'too_many_waiting');
    account.absorbed('traces', batch.itemCount - dropped, 'aggregated');
    if (this.#config.flushIntervalMs === 0) await this.#feed.flush();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    await this.#feed.close(deadlineMs);
  }

  /** Returns how many spans found no room. */
  #addChunk(chunk: SpanChunk): number {
    const { columns } = chunk;
    const ids = Buffer.from(chunk.arena.buffer, chunk.arena.byteOffset, chunk.arena.length);
    const services = new Array<string | undefined>(chunk.resourceCount);
    const view = chunk.view();
    let dropped = 0;
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const kind = columns.kind[row]!;
      const isClient = kind === SPAN_KIND_CLIENT || kind === SPAN_KIND_PRODUCER;
      if (!isClient && kind !== SPAN_KIND_SERVER && kind !== SPAN_KIND_CONSUMER) continue;
      const resource = chunk.resourceOf(row);
      services[resource] ??= textOf(chunk.resourceAttributes.of(resource), SERVICE_NAME) ?? '';
      if (services[resource] === '') continue;
      view.row = row;
      const traceAt = columns.traceIdAt[row]!;
      const spanAt = isClient ? columns.spanIdAt[row]! : columns.parentSpanIdAt[row]!;
      const id = spanAt === 0 ? NO_ID : ids.toString('latin1', spanAt, spanAt + 8);
      const caller = id === NO_ID ? '' : id;
      const key = ids.toString('latin1', traceAt, traceAt + 16) + caller;
      const call = this.#waiting.get(key, caller === '', this.#settings.clock.nowMs());
      if (isClient) this.#addClient(call, view, services[resource]);
      else this.#addServer(call, view, services[resource]);
      if (!this.#settle(call)) dropped++;
    }
    return dropped;
  }

  #addClient(call: Call, view: SpanView, service: string): void {
    const { attributes } = view;
    const resource = view.resource.attributes;
    call.connectionType = view.kind === SPAN_KIND_PRODUCER ? 'messaging_system' : '';
    call.client = service;
    call.clientSeconds = secondsOf(view);
    call.failed ||= view.isError;
    for (const { key, client } of this.#dimensions) addText(call.dimensions, client, key, resource, attributes);
    call.peer = firstText(this.#peers, attributes) ?? call.peer;
    const database = this.#databases.length === 0 ? undefined : firstText(this.#databases, resource, attributes);
    if (database === undefined) return;
    // Databases send no spans: there is nothing to wait for.
    call.connectionType = 'database';
    call.server = database;
    call.serverSeconds = call.clientSeconds;
  }

  #addServer(call: Call, view: SpanView, service: string): void {
    call.connectionType = view.kind === SPAN_KIND_CONSUMER ? 'messaging_system' : '';
    call.server = service;
    call.serverSeconds = secondsOf(view);
    call.failed ||= view.isError;
    for (const { key, server } of this.#dimensions) {
      addText(call.dimensions, server, key, view.resource.attributes, view.attributes);
    }
  }

  /** Counts the call if it has both ends, else it waits. Returns false where there is no room. */
  #settle(call: Call): boolean {
    const isKnown = this.#waiting.has(call);
    if (call.client !== '' && call.server !== '') {
      this.#metrics.add(call, this.#settings.clock.nowMs());
      if (isKnown) this.#waiting.remove(call);
      else this.#newCalls.add(1);
      return true;
    }
    if (isKnown) return true;
    if (this.#waiting.isFull) return false;
    this.#waiting.add(call);
    this.#newCalls.add(1);
    return true;
  }

  /** Ends the waiting of those that have waited too long: one end is known, the other is made up where that makes sense. */
  #expire(): void {
    const nowMs = this.#settings.clock.nowMs();
    let count = 0;
    for (const call of this.#waiting.expired(nowMs)) {
      count++;
      if (this.#peers.length === 0) continue;
      if (call.client === '' && !call.isFromOutside) continue;
      call.connectionType = 'virtual_node';
      call.virtualNode = call.client === '' ? 'client' : 'server';
      if (call.client === '') call.client = USER;
      else call.server = call.peer === '' ? UNKNOWN_SERVER : call.peer;
      this.#metrics.add(call, nowMs);
    }
    this.#expiredCalls.add(count);
  }

  #collect(): MetricsRequest {
    const { body, points } = this.#metrics.collect(this.#settings.clock.nowMs());
    return { points, batch: () => new Batch('metrics', [decodeMetrics(body).chunk]) };
  }
}

function secondsOf(view: SpanView): number {
  return Math.max(0, view.durationNs) / 1e9;
}

function textOf(attributes: AttributeCursor, key: AttributeKey): string | undefined {
  const value = attributes.get(key);
  return value === undefined ? undefined : valueText(value);
}

/** The first of the attributes that one of the holders has; the keys come in order of preference. */
function firstText(keys: readonly AttributeKey[], ...holders: readonly AttributeCursor[]): string | undefined {
  for (const key of keys) {
    for (const holder of holders) {
      const text = textOf(holder, key);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

function addText(
  to: Map<string, string>,
  name: string,
  key: AttributeKey,
  ...holders: readonly AttributeCursor[]
): void {
  const text = firstText([key], ...holders);
  if (text !== undefined) to.set(name, text);
}
