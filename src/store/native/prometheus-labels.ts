import {
  type AttributeTable,
  anyValueAt,
  type PointChunk,
  PROMETHEUS_SCOPE,
  prometheusLabelName,
  prometheusMetricName,
  textAt,
  VALUE_ARRAY,
  VALUE_BYTES,
  VALUE_EMPTY,
  VALUE_KVLIST,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { writeValueJson } from './value-json.ts';

/** More keys than this are not remembered. Keys come from outside. */
const MOST_NAMES = 10_000;

/**
 * A series as PromQL knows it: the name of its metric, and its labels as `name=value`, sorted, the metric's as `__name__`. Labels are those
 * that otelcol's prometheus exporter writes: `job` and `instance` from the resource, the scope's name, version and attributes, and the
 * attributes of the point. Metrics of PROMETHEUS_SCOPE have theirs already.
 */
export class PrometheusLabels {
  readonly #text = new ByteSink();
  readonly #names = new Map<string, string>();

  metricName(chunk: PointChunk, metric: number): string {
    const { type, monotonic, scope } = chunk.metrics;
    if (chunk.scopeName(scope[metric]!) === PROMETHEUS_SCOPE) return chunk.metricName(metric);
    return prometheusMetricName(
      chunk.metricName(metric),
      chunk.metricUnit(metric),
      type[metric]!,
      monotonic[metric] === 1,
    );
  }

  /** The labels of a row of the chunk. Attributes without a value, or with an empty one, are no labels: for Prometheus they are the same. */
  labels(chunk: PointChunk, row: number, metricName: string): string[] {
    const labels = new Map<string, string>();
    const { arena } = chunk;
    const scope = chunk.scopeOf(row);
    if (chunk.scopeName(scope) === PROMETHEUS_SCOPE) {
      this.#addVerbatim(labels, arena, chunk.rowAttributes.table, row);
      labels.set('__name__', metricName);
      return textsOf(labels);
    }
    this.#addAll(labels, arena, chunk.rowAttributes.table, row, '');
    this.#addAll(labels, arena, chunk.scopeAttributes.table, scope, 'otel_scope_');
    addOwn(labels, 'otel_scope_name', chunk.scopeName(scope));
    addOwn(labels, 'otel_scope_version', chunk.scopeVersion(scope));
    this.#addTarget(labels, chunk, row);
    addOwn(labels, '__name__', metricName);
    return textsOf(labels);
  }

  #addVerbatim(labels: Map<string, string>, arena: Uint8Array, table: AttributeTable, owner: number): void {
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const value = this.#valueOf(arena, table, row);
      if (value !== '') labels.set(textAt(arena, table.keyAt[row]!, table.keyLength[row]!), value);
    }
  }

  #addAll(labels: Map<string, string>, arena: Uint8Array, table: AttributeTable, owner: number, prefix: string): void {
    const pairs: [key: string, value: string][] = [];
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const value = this.#valueOf(arena, table, row);
      if (value !== '') pairs.push([textAt(arena, table.keyAt[row]!, table.keyLength[row]!), value]);
    }
    // Keys that become one name are put together in the order of the keys.
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [key, value] of pairs) {
      const name = prefix === '' ? this.#nameOf(key) : prefix + key.replaceAll(/[^a-zA-Z0-9_]/gu, '_');
      if (name === '') continue;
      const before = labels.get(name);
      labels.set(name, before === undefined ? value : `${before};${value}`);
    }
  }

  #addTarget(labels: Map<string, string>, chunk: PointChunk, row: number): void {
    const resource = chunk.resourceOf(row);
    const { table } = chunk.resourceAttributes;
    const found = new Map<string, string>();
    for (let at = table.from[resource]!; at < table.to[resource]!; at++) {
      const key = textAt(chunk.arena, table.keyAt[at]!, table.keyLength[at]!);
      if (key.startsWith('service.')) found.set(key, this.#valueOf(chunk.arena, table, at));
    }
    const service = found.get('service.name') ?? '';
    const namespace = found.get('service.namespace') ?? '';
    if (service !== '') addOwn(labels, 'job', namespace === '' ? service : `${namespace}/${service}`);
    addOwn(labels, 'instance', found.get('service.instance.id') ?? '');
  }

  #nameOf(key: string): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = prometheusLabelName(key);
    if (this.#names.size < MOST_NAMES) this.#names.set(key, name);
    return name;
  }

  #valueOf(arena: Uint8Array, table: AttributeTable, row: number): string {
    const type = table.type[row]!;
    const at = table.at[row]!;
    const length = table.length[row]!;
    if (type === VALUE_EMPTY) return '';
    if (type === VALUE_BYTES) return Buffer.from(arena.buffer, arena.byteOffset + at, length).toString('base64');
    if (type !== VALUE_ARRAY && type !== VALUE_KVLIST) return String(anyValueAt(arena, type, at, length));
    this.#text.reset();
    writeValueJson(this.#text, arena, type, at, length);
    return textAt(this.#text.bytes, 0, this.#text.length);
  }
}

function textsOf(labels: ReadonlyMap<string, string>): string[] {
  return Array.from(labels, ([name, value]) => `${name}=${value}`).sort();
}

/** A label that is not the point's. Should the point have one of that name, it is called as Prometheus calls it when it scrapes. */
function addOwn(labels: Map<string, string>, name: string, value: string): void {
  if (value === '') return;
  const other = labels.get(name);
  if (other !== undefined) labels.set(`exported_${name}`, other);
  labels.set(name, value);
}
