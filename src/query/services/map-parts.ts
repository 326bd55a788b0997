/** What was found of calls, put together as nodes and edges. */
import type { MapEdge, MapNode, ServiceMap, ServiceSummary } from '../answers/index.ts';

export const MAX_EDGES = 1000;

/** Calls between two nodes, before the map is put together. Durations in ns. */
export interface FoundCalls {
  readonly source: string;
  readonly kind: MapNode['kind'];
  readonly system: string;
  /** Of the other node. */
  readonly name: string;
  /** From a queue messages are taken by consumers, or fetched by clients, of which both may have spans of one message. */
  readonly direction: 'sent' | 'taken' | 'fetched';
  readonly callCount: number;
  readonly errorCount: number;
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
}

const idOf = (kind: MapNode['kind'], system: string, name: string): string =>
  kind === 'service' ? `service:${name}` : `${kind}:${system}/${name}`;

interface Listed {
  readonly services: readonly ServiceSummary[];
  readonly total: number;
}

type About = Pick<ServiceMap, 'from' | 'edgesFromMs'> & { readonly seconds: number };

/** `seconds`: what the rates of edges count over. */
export function putTogether(
  { services, total }: Listed,
  found: readonly FoundCalls[],
  { seconds, ...about }: About,
): ServiceMap {
  const nodes = new Map<string, MapNode>();
  for (const { name, requestRate, errorRatio, p50Ns, p95Ns } of services)
    nodes.set(idOf('service', '', name), {
      ...{ id: idOf('service', '', name), kind: 'service', system: '', name },
      ...{ requestRate, errorRatio, p50Ns, p95Ns },
    });
  const edges = new Map<string, MapEdge>();
  const others = new Map<string, { node: FoundCalls; calls: MapEdge[] }>();
  for (const calls of eachOnce(found)) {
    const host = calls.kind === 'host' ? knownService(nodes, calls.name) : undefined;
    const other = host ?? idOf(calls.kind, calls.system, calls.name);
    const own = idOf('service', '', calls.source);
    const edge = edgeOf(calls.direction === 'sent' ? [own, other] : [other, own], calls, seconds, host !== undefined);
    if (edge.source === edge.target) continue;
    const key = JSON.stringify([edge.source, edge.target]);
    const known = edges.get(key);
    edges.set(key, known === undefined ? edge : sumOf(known, edge));
    if (nodes.has(other)) continue;
    const backing = others.get(other) ?? { node: calls, calls: [] };
    backing.calls.push(edge);
    others.set(other, backing);
  }
  for (const [id, { node, calls }] of others) nodes.set(id, backingNode(id, node, calls));
  const sorted = [...edges.values()].sort((a, b) => b.callCount - a.callCount || (a.source < b.source ? -1 : 1));
  const listed = sorted.slice(0, MAX_EDGES);
  return {
    ...about,
    nodes: [...nodes.values()],
    edges: listed,
    leftOutNodes: total - services.length,
    leftOutEdges: sorted.length - listed.length,
  };
}

/** Messages that a service both fetched and took are counted as taken. */
function eachOnce(found: readonly FoundCalls[]): readonly FoundCalls[] {
  const keyOf = ({ source, system, name }: FoundCalls): string => JSON.stringify([source, system, name]);
  const taken = new Set(found.filter(({ direction }) => direction === 'taken').map(keyOf));
  return found.filter((calls) => calls.direction !== 'fetched' || !taken.has(keyOf(calls)));
}

/** A call that reached no server's span may still have been for a service: by its name, or by the first part of it as in a cluster's DNS. */
function knownService(nodes: ReadonlyMap<string, MapNode>, host: string): string | undefined {
  return [host, host.split('.')[0]!].map((name) => idOf('service', '', name)).find((id) => nodes.has(id));
}

/** `isUnanswered`: what was measured at the caller says nothing of the service. */
function edgeOf(
  [source, target]: readonly [string, string],
  { callCount, errorCount, p50Ns, p95Ns }: FoundCalls,
  seconds: number,
  isUnanswered: boolean,
): MapEdge {
  const durations = isUnanswered ? { p50Ns: null, p95Ns: null } : { p50Ns, p95Ns };
  const [rate, errorRatio] = [callCount / seconds, errorCount / callCount];
  return { source, target, callCount, rate, errorCount, errorRatio, ...durations };
}

/** Quantiles are those of the part with the most calls that has any. */
function sumOf(one: MapEdge, other: MapEdge): MapEdge {
  const [main, less] = one.callCount >= other.callCount ? [one, other] : [other, one];
  const callCount = one.callCount + other.callCount;
  const errorCount = one.errorCount + other.errorCount;
  return {
    ...one,
    callCount,
    errorCount,
    rate: one.rate + other.rate,
    errorRatio: errorCount / callCount,
    p50Ns: main.p50Ns ?? less.p50Ns,
    p95Ns: main.p95Ns ?? less.p95Ns,
  };
}

/** What is not a service is as its callers found it; its slowest caller's durations stand for it. What is taken from a queue was put there before. */
function backingNode(id: string, { kind, system, name }: FoundCalls, all: readonly MapEdge[]): MapNode {
  const into = all.filter(({ target }) => target === id);
  const calls = into.length > 0 ? into : all;
  const [callCount, errorCount] = [sumBy(calls, 'callCount'), sumBy(calls, 'errorCount')];
  const slowest = [...calls].sort((a, b) => (b.p95Ns ?? 0) - (a.p95Ns ?? 0))[0];
  return {
    ...{ id, kind, system, name },
    requestRate: sumBy(calls, 'rate'),
    errorRatio: callCount === 0 ? null : errorCount / callCount,
    p50Ns: slowest?.p50Ns ?? null,
    p95Ns: slowest?.p95Ns ?? null,
  };
}

function sumBy(edges: readonly MapEdge[], field: 'callCount' | 'errorCount' | 'rate'): number {
  return edges.reduce((sum, edge) => sum + edge[field], 0);
}
