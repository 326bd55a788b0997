import {
  attributeKey,
  type Batch,
  type Chunk,
  LogChunk,
  type PointChunk,
  type Signal,
  SpanChunk,
  valueText,
} from '#pdata';
import type { LoadBalancingConfig, RoutingKey } from './config.ts';

/** The keys that a signal can be routed by; the first is the default. */
export const ROUTING_KEYS: Readonly<Record<Signal, readonly RoutingKey[]>> = {
  traces: ['traceID', 'service', 'attributes', 'resource'],
  metrics: ['service', 'resource', 'metric', 'streamID', 'attributes'],
  logs: ['service', 'traceID', 'resource', 'attributes'],
};

type KeyOf = (row: number) => Uint8Array | string;

const SERVICE_NAME = attributeKey('service.name');
const BREAK = '\0';
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

/** The items of a batch by backend. `endpointFor` is asked once for each key. */
export function partsOf(
  batch: Batch,
  key: RoutingKey,
  config: LoadBalancingConfig,
  random: () => number,
  endpointFor: (key: Uint8Array | string) => string,
): Map<string, Batch> {
  const chunks = new Map<string, Chunk[]>();
  for (const chunk of batch.chunks) {
    const rows = new Map<string, number[]>();
    const keyOf = keyReader(chunk, key, config, random);
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const endpoint = endpointFor(keyOf(row));
      if (rows.has(endpoint)) rows.get(endpoint)!.push(row);
      else rows.set(endpoint, [row]);
    }
    for (const [endpoint, list] of rows) {
      const part = list.length === chunk.count ? chunk : chunk.select(Uint32Array.from(list));
      if (chunks.has(endpoint)) chunks.get(endpoint)!.push(part);
      else chunks.set(endpoint, [part]);
    }
  }
  return new Map([...chunks].map(([endpoint, parts]) => [endpoint, batch.with(parts)]));
}

function keyReader(
  chunk: Chunk,
  key: RoutingKey,
  { routingAttributes }: LoadBalancingConfig,
  random: () => number,
): KeyOf {
  switch (key) {
    case 'traceID':
      return traceReader(chunk, random);
    case 'service':
      return perResource(chunk, (resource) => {
        const name = chunk.resourceAttributes.of(resource).get(SERVICE_NAME);
        return name === undefined ? '' : valueText(name);
      });
    case 'resource':
      return perResource(chunk, (resource) => entriesText(chunk.resourceAttributes.of(resource).entries()));
    case 'attributes':
      return attributesReader(chunk, routingAttributes);
    default:
      return metricReader(chunk as PointChunk, key === 'streamID');
  }
}

function traceReader(chunk: Chunk, random: () => number): KeyOf {
  if (!(chunk instanceof SpanChunk) && !(chunk instanceof LogChunk)) return () => '';
  const { arena, columns } = chunk;
  const { traceIdAt } = columns;
  return (row) => {
    const at = traceIdAt[row]!;
    return at === 0 ? String(random()) : arena.subarray(at, at + 16);
  };
}

/** Asked once for each resource. */
function perResource(chunk: Chunk, read: (resource: number) => string): KeyOf {
  const keys: string[] = [];
  return (row) => {
    const resource = chunk.resourceOf(row);
    keys[resource] ??= read(resource);
    return keys[resource];
  };
}

function entriesText(entries: Iterable<readonly [string, Parameters<typeof valueText>[0]]>): string {
  return [...entries]
    .map(([name, value]) => `${name}${BREAK}${valueText(value)}`)
    .sort()
    .join(BREAK);
}

function attributesReader(chunk: Chunk, names: readonly string[]): KeyOf {
  const keys = names.map((name) => ({ name, key: attributeKey(name) }));
  const span = chunk instanceof SpanChunk ? chunk.view() : undefined;
  return (row) => {
    let text = '';
    for (const { name, key } of keys) {
      const value =
        chunk.resourceAttributes.of(chunk.resourceOf(row)).get(key) ??
        chunk.scopeAttributes.of(chunk.scopeOf(row)).get(key) ??
        chunk.rowAttributes.of(row).get(key);
      if (span !== undefined) span.row = row;
      const field = name === 'span.name' ? span?.name : name === 'span.kind' ? KINDS[span?.kind ?? 0] : undefined;
      text += `${name}=${value === undefined ? (field ?? '') : valueText(value)}|`;
    }
    return text;
  };
}

function metricReader(chunk: PointChunk, isStream: boolean): KeyOf {
  const point = chunk.view();
  return (row) => {
    point.row = row;
    if (!isStream) return point.metric.name;
    const { metric, scope } = point;
    const parts = [metric.name, metric.unit, metric.type, metric.temporality, scope.name, scope.version];
    const texts = [point.resource.attributes, scope.attributes, point.attributes].map((one) =>
      entriesText(one.entries()),
    );
    return [...parts, ...texts].join(BREAK);
  };
}
