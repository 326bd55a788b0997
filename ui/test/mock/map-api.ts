/** The map of the mock's shop, from its spans; and of a hundred services, for whoever filters for them. */
import type { MapEdge, MapNode, MapResponse } from '#api/types.ts';
import type { MockStore } from './data.ts';
import { KIND, type MockSpan } from './model.ts';
import type { Range } from './range.ts';

interface Calls {
  readonly source: string;
  readonly target: string;
  readonly durationsNs: number[];
  errorCount: number;
}

/** An environment of this name has a hundred services. */
const MANY = 'many';

export function serviceMap(store: MockStore, range: Range): MapResponse {
  if (range.environment === MANY) return hundred(range);
  const nodes = new Map<
    string,
    { node: Pick<MapNode, 'id' | 'kind' | 'system' | 'name'>; durationsNs: number[]; errors: number }
  >();
  const edges = new Map<string, Calls>();
  const see = (kind: MapNode['kind'], system: string, name: string, { durationNs, status }: MockSpan): string => {
    const id = kind === 'service' ? `service:${name}` : `${kind}:${system}/${name}`;
    const seen = nodes.get(id) ?? { node: { id, kind, system, name }, durationsNs: [], errors: 0 };
    nodes.set(id, seen);
    seen.durationsNs.push(durationNs);
    if (status === 2) seen.errors++;
    return id;
  };
  const join = (source: string, target: string, { durationNs, status }: MockSpan): void => {
    const calls = edges.get(`${source} ${target}`) ?? { source, target, durationsNs: [], errorCount: 0 };
    edges.set(`${source} ${target}`, calls);
    calls.durationsNs.push(durationNs);
    if (status === 2) calls.errorCount++;
  };
  const { traces, weight } = store.read(range.fromMs, range.toMs);
  for (const { spans, environment } of traces) {
    if (range.environment !== undefined && range.environment !== environment) continue;
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const hasChild = new Set(spans.filter(({ kind }) => kind === KIND.server).map(({ parentId }) => parentId));
    for (const span of spans) {
      const parent = byId.get(span.parentId);
      const isEntry = span.kind === KIND.server || span.kind === KIND.consumer || parent === undefined;
      const own = isEntry ? see('service', '', span.service, span) : `service:${span.service}`;
      if (span.kind === KIND.server && parent !== undefined && parent.service !== span.service)
        join(`service:${parent.service}`, own, span);
      const text = (key: string): string => String(span.attributes[key] ?? '');
      const queue = text('messaging.system');
      if (queue !== '' && (span.kind === KIND.producer || span.kind === KIND.consumer)) {
        const id = see('queue', queue, text('messaging.destination.name'), span);
        if (span.kind === KIND.producer) join(own, id, span);
        else join(id, own, span);
      } else if (span.kind === KIND.client && text('db.system.name') !== '') {
        const kind = text('db.system.name') === 'redis' ? 'cache' : 'database';
        join(own, see(kind, text('db.system.name'), text('db.namespace') || text('server.address'), span), span);
      } else if (span.kind === KIND.client && !hasChild.has(span.spanId) && text('server.address') !== '')
        join(own, see('host', '', text('server.address'), span), span);
    }
  }
  const seconds = (range.toMs - range.fromMs) / 1000;
  return {
    nodes: [...nodes.values()].map(
      ({ node, durationsNs, errors }): MapNode => ({
        ...node,
        ...red(durationsNs, errors, weight, seconds),
      }),
    ),
    edges: [...edges.values()]
      .map(({ source, target, durationsNs, errorCount }) =>
        edgeOf(source, target, durationsNs, errorCount, weight, seconds),
      )
      .toSorted((a, b) => b.callCount - a.callCount),
    ...{ edgesFromMs: range.fromMs, leftOutNodes: 0, leftOutEdges: 0 },
  };
}

function red(durationsNs: readonly number[], errors: number, weight: number, seconds: number) {
  const sorted = durationsNs.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.floor(sorted.length * share)] ?? null;
  return {
    requestRate: (sorted.length * weight) / seconds,
    errorRatio: sorted.length === 0 ? null : errors / sorted.length,
    p50Ns: at(0.5),
    p95Ns: at(0.95),
  };
}

function edgeOf(
  source: string,
  target: string,
  durationsNs: readonly number[],
  errorCount: number,
  weight: number,
  seconds: number,
): MapEdge {
  const { requestRate, errorRatio, p50Ns, p95Ns } = red(durationsNs, errorCount, weight, seconds);
  const callCount = durationsNs.length * weight;
  return {
    source,
    target,
    callCount,
    rate: requestRate,
    errorCount: errorCount * weight,
    errorRatio: errorRatio ?? 0,
    p50Ns,
    p95Ns,
  };
}

/** A tree of services, with databases below and a few that fail. */
function hundred({ fromMs, toMs }: Range): MapResponse {
  const seconds = (toMs - fromMs) / 1000;
  const rateOf = (i: number): number => 400 / (1 + i / 4);
  const nodes = Array.from(
    { length: 100 },
    (_, i): MapNode => ({
      ...{ id: `service:service-${i}`, kind: 'service', system: '', name: `service-${i}` },
      ...{ requestRate: rateOf(i), errorRatio: i % 23 === 7 ? 0.08 : 0, p50Ns: 4e6, p95Ns: 30e6 + i * 1e6 },
    }),
  );
  const databases = Array.from(
    { length: 10 },
    (_, i): MapNode => ({
      ...{ id: `database:postgresql/db-${i}`, kind: 'database', system: 'postgresql', name: `db-${i}` },
      ...{ requestRate: 50, errorRatio: 0, p50Ns: 1e6, p95Ns: 9e6 },
    }),
  );
  const edge = (source: string, target: string, i: number): MapEdge => {
    const errorRatio = i % 23 === 7 ? 0.08 : 0;
    const callCount = Math.round(rateOf(i) * seconds);
    return {
      source,
      target,
      callCount,
      rate: rateOf(i),
      errorCount: callCount * errorRatio,
      errorRatio,
      p50Ns: 4e6,
      p95Ns: 30e6,
    };
  };
  const calls = nodes
    .slice(1)
    .flatMap(({ id }, i) => [
      edge(nodes[Math.floor(i / 4)]!.id, id, i + 1),
      ...(i % 5 === 0 ? [edge(nodes[(i * 7) % 30]!.id, id, i + 40)] : []),
      ...(i > 60 ? [edge(id, databases[i % 10]!.id, i)] : []),
    ]);
  return {
    nodes: [...nodes, ...databases],
    edges: calls.filter(({ source, target }) => source !== target),
    ...{ edgesFromMs: fromMs + (toMs - fromMs) / 4, leftOutNodes: 0, leftOutEdges: 0 },
  };
}
