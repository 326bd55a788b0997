import {
  type AttributeKey,
  AttributeTable,
  attributeKey,
  LOKI_SCOPE,
  type LogChunk,
  readAttributes,
  textAt,
  VALUE_EMPTY,
  VALUE_STRING,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant32 } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { combine, hash, hashRange } from './series-hash.ts';
import { SeriesSet } from './series-set.ts';
import { writeValueJson } from './value-json.ts';

/**
 * The resource attributes that Loki makes labels of where its `otlp_config` says nothing else, in the order of their bytes. Source: Loki's
 * documentation, "Default labels for OpenTelemetry"; `deployment.environment.name` is what the conventions call
 * `deployment.environment` today.
 */
const LABEL_KEYS: readonly string[] = [
  'cloud.availability_zone',
  'cloud.region',
  'container.name',
  'deployment.environment',
  'deployment.environment.name',
  'k8s.cluster.name',
  'k8s.container.name',
  'k8s.cronjob.name',
  'k8s.daemonset.name',
  'k8s.deployment.name',
  'k8s.job.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.replicaset.name',
  'k8s.statefulset.name',
  'service.instance.id',
  'service.name',
  'service.namespace',
];

interface Label {
  readonly attribute: AttributeKey;
  readonly name: Uint8Array;
  readonly seed: number;
}

const encoder = new TextEncoder();
const SEED_LABEL = 0x5161_0010;
const SEED_PUSHED = 0x5161_0060;
const LABELS: readonly Label[] = LABEL_KEYS.map((key, i) => ({
  attribute: attributeKey(key),
  name: encoder.encode(key.replaceAll('.', '_')),
  seed: SEED_LABEL + i,
}));
const SERVICE_NAME = encoder.encode('service_name');
/** What Loki calls the service of a stream that names none: a stream has at least one label. */
const UNKNOWN_SERVICE = encoder.encode('unknown_service');
const SERVICE_LABEL = LABEL_KEYS.indexOf('service.name');
const RESOURCE_ATTRIBUTES = 1;
/** Streams of a segment that are told apart. Beyond that one may be written more than once, and merges away. */
const STREAMS_PER_SEGMENT = 4096;
/** A label's value is cut there, between characters: it stands in a table of its own for each stream. */
const MAX_VALUE_BYTES = 2048;

/** `stream_id` of a block's rows, and the rows of `log_streams` that they name, each once. */
export class LogStreams {
  readonly #sink = new BlockSink(1 << 12);
  /** Per row of the block. */
  readonly #rowIds = new ByteSink();
  readonly #seen = new SeriesSet(STREAMS_PER_SEGMENT);
  /** Per stream: its id, its labels, its service. */
  readonly #ids = new ByteSink();
  readonly #labelEnds = new ByteSink();
  readonly #names = new ByteSink();
  readonly #values = new ByteSink();
  readonly #services = new DictionaryColumn();
  #labelCount = 0;
  count = 0;
  readonly #table = new AttributeTable(1, 64);
  /** The values of one resource's labels behind each other, and where each begins and ends. */
  readonly #texts = new ByteSink();
  readonly #from = new Uint32Array(LABELS.length);
  readonly #to = new Uint32Array(LABELS.length);
  #words = new Uint32Array(128);
  #isKnown = new Uint8Array(64);

  reset(): void {
    this.#rowIds.reset();
    if (this.count === 0) return;
    this.count = 0;
    this.#labelCount = 0;
    this.#seen.clear();
    this.#services.reset(0);
    for (const sink of [this.#ids, this.#labelEnds, this.#names, this.#values]) sink.reset();
  }

  /** Reads the resources of the selected rows of a chunk. */
  add(chunk: LogChunk): void {
    const { rows, count } = chunk;
    const { rowScope, scopeResource } = chunk.layout;
    this.#begin(chunk.resourceCount);
    const at = this.#rowIds.take(count * 8);
    const { view } = this.#rowIds;
    const words = this.#words;
    for (let i = 0; i < count; i++) {
      const scope = rowScope[rows === undefined ? i : rows[i]!]!;
      const resource = scopeResource[scope]!;
      if (this.#isKnown[resource] === 0) this.#read(chunk, resource, scope);
      view.setUint32(at + i * 8, words[resource * 2]!, true);
      view.setUint32(at + i * 8 + 4, words[resource * 2 + 1]!, true);
    }
  }

  #begin(resourceCount: number): void {
    if (this.#isKnown.length < resourceCount) {
      this.#isKnown = new Uint8Array(resourceCount * 2);
      this.#words = new Uint32Array(resourceCount * 4);
    } else this.#isKnown.fill(0, 0, resourceCount);
  }

  #read(chunk: LogChunk, resource: number, scope: number): void {
    this.#isKnown[resource] = 1;
    if (chunk.scopeName(scope) === LOKI_SCOPE) {
      this.#readPushed(chunk, resource);
      return;
    }
    this.#readLabels(chunk, resource);
    let low = 0;
    let high = 0;
    for (let i = 0; i < LABELS.length; i++) {
      if (this.#from[i] === this.#to[i]) continue;
      hashRange(this.#texts.bytes, this.#from[i]!, this.#to[i]! - this.#from[i]!, LABELS[i]!.seed);
      combine(low, high, hash.low, hash.high);
      low = hash.low;
      high = hash.high;
    }
    this.#words[resource * 2] = low;
    this.#words[resource * 2 + 1] = high;
    if (this.#seen.isDue(low, high, 1, 2)) this.#admit(low, high);
  }

  /** All attributes of such a resource are labels, but for those whose names are none of Loki's. */
  #readPushed(chunk: LogChunk, resource: number): void {
    const { table, owner } = this.#attributesOf(chunk, resource);
    const pairs: [name: string, value: string][] = [];
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const name = textAt(chunk.arena, table.keyAt[row]!, table.keyLength[row]!);
      const isLabel = table.type[row] === VALUE_STRING && !name.includes('.');
      if (isLabel) pairs.push([name, textAt(chunk.arena, table.at[row]!, table.length[row]!)]);
    }
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#texts.reset();
    const ends = pairs.map(([name, value]) => {
      const nameBytes = encoder.encode(name);
      const valueBytes = encoder.encode(value);
      const from = this.#texts.length;
      this.#texts.copy(nameBytes, 0, nameBytes.length);
      const middle = this.#texts.length;
      this.#texts.copy(valueBytes, 0, valueBytes.length);
      return { from, middle, to: cutBehind(this.#texts.bytes, middle, this.#texts.length) };
    });
    let low = 0;
    let high = 0;
    for (const { from, middle, to } of ends) {
      for (const [start, end] of [
        [from, middle],
        [middle, to],
      ] as const) {
        hashRange(this.#texts.bytes, start, end - start, SEED_PUSHED);
        combine(low, high, hash.low, hash.high);
        low = hash.low;
        high = hash.high;
      }
    }
    this.#words[resource * 2] = low;
    this.#words[resource * 2 + 1] = high;
    if (!this.#seen.isDue(low, high, 1, 2)) return;
    this.#ids.uint64(low, high);
    this.count++;
    const { bytes } = this.#texts;
    for (const { from, middle, to } of ends) this.#addLabel(bytes.subarray(from, middle), bytes, middle, to - middle);
    this.#labelEnds.uint64(this.#labelCount);
    this.#services.reserveRows(this.count);
    const service = ends[pairs.findIndex(([name]) => name === 'service_name')];
    this.#services.indices[this.count - 1] = this.#services.indexOf(
      bytes,
      service?.middle ?? 0,
      service === undefined ? 0 : service.to - service.middle,
    );
  }

  #attributesOf(
    { arena, layout, modifiedResources, resourceAttributes }: LogChunk,
    resource: number,
  ): { readonly table: AttributeTable; readonly owner: number } {
    if (modifiedResources !== undefined) return { table: resourceAttributes.table, owner: resource };
    this.#table.count = 0;
    const [from, to] = [layout.resourceStart[resource]!, layout.resourceEnd[resource]!];
    readAttributes(this.#table, arena, 0, from, to, RESOURCE_ATTRIBUTES, -1);
    return { table: this.#table, owner: 0 };
  }

  /** The texts of the resource's labels. A value that is no text is written as JSON; one that is empty makes no label. */
  #readLabels(chunk: LogChunk, resource: number): void {
    const { arena } = chunk;
    const { table, owner } = this.#attributesOf(chunk, resource);
    this.#texts.reset();
    for (let i = 0; i < LABELS.length; i++) {
      this.#from[i] = this.#texts.length;
      const row = table.find(arena, owner, LABELS[i]!.attribute);
      const type = row < 0 ? VALUE_EMPTY : table.type[row]!;
      if (type === VALUE_STRING) this.#texts.copy(arena, table.at[row]!, table.length[row]!);
      else if (type !== VALUE_EMPTY) writeValueJson(this.#texts, arena, type, table.at[row]!, table.length[row]!);
      this.#to[i] = cutBehind(this.#texts.bytes, this.#from[i]!, this.#texts.length);
    }
  }

  #admit(low: number, high: number): void {
    this.#ids.uint64(low, high);
    this.count++;
    const { bytes } = this.#texts;
    for (let i = 0; i < LABELS.length; i++) {
      const [from, to] = [this.#from[i]!, this.#to[i]!];
      if (from < to) this.#addLabel(LABELS[i]!.name, bytes, from, to - from);
      else if (i === SERVICE_LABEL) this.#addLabel(SERVICE_NAME, UNKNOWN_SERVICE, 0, UNKNOWN_SERVICE.length);
    }
    this.#labelEnds.uint64(this.#labelCount);
    this.#services.reserveRows(this.count);
    const from = this.#from[SERVICE_LABEL]!;
    this.#services.indices[this.count - 1] = this.#services.indexOf(bytes, from, this.#to[SERVICE_LABEL]! - from);
  }

  #addLabel(name: Uint8Array, bytes: Uint8Array, at: number, length: number): void {
    this.#labelCount++;
    this.#names.varint(name.length);
    this.#names.copy(name, 0, name.length);
    this.#values.varint(length);
    this.#values.copy(bytes, at, length);
  }

  /** The column of the rows' ids. */
  writeIds(sink: BlockSink): void {
    sink.column('stream_id', 'UInt64');
    sink.refer(this.#rowIds);
  }

  /**
   * The block of all streams, where one of them has to be written: it is not in `known`, or was last written `renewSeconds` ago. The others
   * go with it, and merge away.
   */
  encode(known: SeriesSet, nowSeconds: number, renewSeconds: number): TableBlock | undefined {
    let isDue = false;
    const { view } = this.#ids;
    for (let i = 0; i < this.count; i++) {
      if (known.isDue(view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true), nowSeconds, renewSeconds))
        isDue = true;
    }
    if (!isDue) return undefined;
    const sink = this.#sink;
    sink.begin(this.count);
    sink.column('stream_id', 'UInt64');
    sink.append(this.#ids);
    sink.column('labels', 'Map(String, String)');
    for (const part of [this.#labelEnds, this.#names, this.#values]) sink.append(part);
    sink.column('service_name', 'LowCardinality(String)');
    this.#services.write(sink, this.count);
    for (const name of ['first_seen', 'last_seen']) {
      sink.column(name, "DateTime('UTC')");
      writeConstant32(sink, nowSeconds, this.count);
    }
    return sink.finish('log_streams');
  }
}

/** Where a text that begins at `from` ends: at `to`, or before the character that goes beyond its limit. */
function cutBehind(bytes: Uint8Array, from: number, to: number): number {
  if (to - from <= MAX_VALUE_BYTES) return to;
  let end = from + MAX_VALUE_BYTES;
  while (end > from && (bytes[end]! & 0xc0) === 0x80) end--;
  return end;
}
