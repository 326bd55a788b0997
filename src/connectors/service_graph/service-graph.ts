import { type Connector, type Consumer, type CreateSettings, MetricsFeed, type MetricsRequest } from '#component';
import {
  type AttributeCursor,
  type AttributeKey,
  type AttributePicker,
  anyValueAt,
  assertSignal,
  attributeKey,
  Batch,
  SPAN_KIND_CLIENT,
  SPAN_KIND_CONSUMER,
  SPAN_KIND_PRODUCER,
  SPAN_KIND_SERVER,
  type SpanChunk,
  type SpanView,
  VALUE_ABSENT,
  valueText,
  WantedKeys,
} from '#pdata';
import { decodeMetrics } from '#wire';
import { CallMetrics } from './call-metrics.ts';
import { type Call, WaitingCalls } from './calls.ts';
import type { ServiceGraphConfig } from './config.ts';

const SERVICE_NAME = attributeKey('service.name');
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
  readonly #databases: readonly AttributeKey[];
  readonly #clientPicker: AttributePicker;
  readonly #serverPicker: AttributePicker;
  /** Slots of both pickers. */
  readonly #dimensionSlots: readonly number[];
  /** Slots of the clients' picker. */
  readonly #peerSlots: readonly number[];
  readonly #databaseSlots: readonly number[];
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
    this.#databases = config.databaseAttributes.map(attributeKey);
    const wanted = new WantedKeys();
    this.#dimensionSlots = this.#dimensions.map(({ key }) => wanted.slotOf(key));
    this.#serverPicker = wanted.picker();
    this.#peerSlots = config.peerAttributes.map((name) => wanted.slotOf(attributeKey(name)));
    this.#databaseSlots = this.#databases.map((key) => wanted.slotOf(key));
    this.#clientPicker = wanted.picker();
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
    const { arena, columns } = chunk;
    const waiting = this.#waiting;
    const nowMs = this.#settings.clock.nowMs();
    const services = new Array<string | undefined>(chunk.resourceCount);
    const view = chunk.view();
    let begun = 0;
    let dropped = 0;
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const kind = columns.kind[row]!;
      const isClient = kind === SPAN_KIND_CLIENT || kind === SPAN_KIND_PRODUCER;
      if (!isClient && kind !== SPAN_KIND_SERVER && kind !== SPAN_KIND_CONSUMER) continue;
      const resource = chunk.resourceOf(row);
      services[resource] ??= textOf(chunk.resourceAttributes.of(resource), SERVICE_NAME) ?? '';
      const service = services[resource];
      if (service === '') continue;
      view.row = row;
      const spanAt = isClient ? columns.spanIdAt[row]! : columns.parentSpanIdAt[row]!;
      const place = waiting.find(arena, columns.traceIdAt[row]!, spanAt);
      const known = place < 0 ? undefined : waiting.at(place);
      const call = known ?? newCall(waiting.isForNoSpan);
      if (isClient) this.#addClient(call, chunk, view, service);
      else this.#addServer(call, chunk, view, service);
      if (call.client !== '' && call.server !== '') {
        this.#metrics.add(call, nowMs);
        if (known === undefined) begun++;
        else waiting.remove(place);
      } else if (known === undefined) {
        if (place < 0 && waiting.add(call, nowMs)) begun++;
        else dropped++;
      }
    }
    this.#newCalls.add(begun);
    return dropped;
  }

  #addClient(call: Call, chunk: SpanChunk, view: SpanView, service: string): void {
    const picker = this.#clientPicker;
    chunk.pickAttributes(view.row, picker);
    call.connectionType = view.kind === SPAN_KIND_PRODUCER ? 'messaging_system' : '';
    call.client = service;
    call.clientSeconds = secondsOf(view);
    call.failed ||= view.isError;
    for (let i = 0; i < this.#dimensions.length; i++) {
      const { client, key } = this.#dimensions[i]!;
      const text = resourceText(chunk, view.row, key) ?? pickedText(chunk, picker, this.#dimensionSlots[i]!);
      if (text !== undefined) setDimension(call, client, text);
    }
    // A server that was seen has a name already.
    if (call.server === '') call.peer = firstPicked(chunk, picker, this.#peerSlots) ?? '';
    const database = this.#databaseOf(chunk, view.row);
    if (database === undefined) return;
    // Databases send no spans: there is nothing to wait for.
    call.connectionType = 'database';
    call.server = database;
    call.serverSeconds = call.clientSeconds;
  }

  /** The first name that the resource has, or else the span; the names come in order of preference. */
  #databaseOf(chunk: SpanChunk, row: number): string | undefined {
    for (let i = 0; i < this.#databases.length; i++) {
      const text =
        resourceText(chunk, row, this.#databases[i]!) ?? pickedText(chunk, this.#clientPicker, this.#databaseSlots[i]!);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #addServer(call: Call, chunk: SpanChunk, view: SpanView, service: string): void {
    call.connectionType = view.kind === SPAN_KIND_CONSUMER ? 'messaging_system' : '';
    call.server = service;
    call.serverSeconds = secondsOf(view);
    call.failed ||= view.isError;
    if (this.#dimensions.length === 0) return;
    chunk.pickAttributes(view.row, this.#serverPicker);
    for (let i = 0; i < this.#dimensions.length; i++) {
      const { server, key } = this.#dimensions[i]!;
      const text =
        resourceText(chunk, view.row, key) ?? pickedText(chunk, this.#serverPicker, this.#dimensionSlots[i]!);
      if (text !== undefined) setDimension(call, server, text);
    }
  }

  /** Ends the waiting of those that have waited too long: one end is known, the other is made up where that makes sense. */
  #expire(): void {
    const nowMs = this.#settings.clock.nowMs();
    let count = 0;
    for (const call of this.#waiting.expired(nowMs)) {
      count++;
      if (this.#peerSlots.length === 0) continue;
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

function resourceText(chunk: SpanChunk, row: number, key: AttributeKey): string | undefined {
  return textOf(chunk.resourceAttributes.of(chunk.resourceOf(row)), key);
}

function pickedText({ arena }: SpanChunk, picker: AttributePicker, slot: number): string | undefined {
  const type = picker.type[slot]!;
  if (type === VALUE_ABSENT) return undefined;
  return valueText(anyValueAt(arena, type, picker.at[slot]!, picker.length[slot]!));
}

/** The first of the slots that has something. */
function firstPicked(chunk: SpanChunk, picker: AttributePicker, slots: readonly number[]): string | undefined {
  for (const slot of slots) if (picker.type[slot] !== VALUE_ABSENT) return pickedText(chunk, picker, slot);
  return undefined;
}

function setDimension(call: Call, name: string, text: string): void {
  call.dimensions ??= new Map();
  call.dimensions.set(name, text);
}

function newCall(isFromOutside: boolean): Call {
  return {
    isFromOutside,
    endsMs: 0,
    connectionType: '',
    client: '',
    server: '',
    clientSeconds: 0,
    serverSeconds: 0,
    failed: false,
    virtualNode: '',
    peer: '',
    dimensions: undefined,
  };
}
