/** Calls put together as the nodes and edges of a map. */
import type { MapEdge, MapNode, ServiceMap, ServiceSummary } from '../answers/index.ts';
import { type CallSum, type Calls, durationQuantile, sumOfCalls } from './calls.ts';

const MAX_EDGES = 1000;

const idOf = (kind: MapNode['kind'], system: string, name: string): string =>
  kind === 'service' ? `service:${name}` : `${kind}:${system}/${name}`;

interface Listed {
  readonly services: readonly ServiceSummary[];
  readonly total: number;
}

type About = Pick<ServiceMap, 'edgesFromMs'> & { readonly seconds: number };

/** Calls as a map has them: with the ends that it names. */
interface MapCalls extends CallSum, Pick<Calls, 'source' | 'kind' | 'system' | 'name' | 'direction'> {}

/** `seconds`: what the rates of edges count over. */
export function putTogether(
  { services, total }: Listed,
  found: readonly Calls[],
  { seconds, ...about }: About,
): ServiceMap {
  const nodes = new Map<string, MapNode>();
  for (const { name, requestRate, errorRatio, p50Ns, p95Ns } of services)
    nodes.set(idOf('service', '', name), {
      ...{ id: idOf('service', '', name), kind: 'service', system: '', name },
      ...{ requestRate, errorRatio, p50Ns, p95Ns },
    });
  const sums = new Map<string, CallSum & { readonly source: string; readonly target: string }>();
  const backing = new Map<string, MapCalls>();
  for (const calls of eachOnce(found.flatMap(mapCalls))) {
    const host = calls.kind === 'host' ? knownService(nodes, calls.name) : undefined;
    const other = host ?? idOf(calls.kind, calls.system, calls.name);
    const own = idOf('service', '', calls.source);
    const [source, target] = calls.direction === 'sent' ? [own, other] : [other, own];
    if (source === target) continue;
    const key = JSON.stringify([source, target]);
    const known = sums.get(key);
    // What was measured at the caller of a server that never answered says nothing of the service.
    const sum = host === undefined ? calls : { ...calls, durations: new Map<number, number>() };
    sums.set(key, { ...(known === undefined ? sum : sumOfCalls(known, sum)), source, target });
    if (!nodes.has(other) && !backing.has(other)) backing.set(other, calls);
  }
  const edges = [...sums.values()].map((sum) => edgeOf(sum, seconds));
  for (const [id, calls] of backing)
    nodes.set(
      id,
      backingNode(
        id,
        calls,
        edges.filter(({ source, target }) => source === id || target === id),
      ),
    );
  const sorted = edges.sort((a, b) => b.callCount - a.callCount || (a.source < b.source ? -1 : 1));
  const listed = sorted.slice(0, MAX_EDGES);
  return {
    ...about,
    nodes: [...nodes.values()],
    edges: listed,
    leftOutNodes: total - services.length,
    leftOutEdges: sorted.length - listed.length,
  };
}

/** On a map a queue stands between who sends and who takes, and a client's span within another service's request is no call of its own. */
function mapCalls(calls: Calls): readonly MapCalls[] {
  if (calls.kind === 'service') return calls.direction === 'sent' && !CALLING.has(calls.spanKind) ? [calls] : [];
  return [{ ...calls, ...placeOfCalls(calls) }];
}

/** OTLP's kinds of spans: client, producer. */
const CALLING: ReadonlySet<number> = new Set([3, 4]);

/**
 * What people call a database or a queue: by its own name; of a cache's, which is a number, by its address. A host's system is how it is spoken to, and it
 * is one host all the same.
 */
export function placeOfCalls({ kind, system, name, namespace }: Calls): Pick<Calls, 'system' | 'name'> {
  if (kind === 'host') return { system: '', name };
  if (kind === 'queue') return { system, name: namespace || name };
  const isNamed = namespace !== '' && (name === '' || !/^[0-9]+$/.test(namespace));
  return { system, name: isNamed ? namespace : name };
}

/** Messages that a service both fetched and took are counted as taken. */
export function eachOnce<C extends Pick<Calls, 'source' | 'system' | 'name' | 'direction'>>(
  found: readonly C[],
): readonly C[] {
  const keyOf = ({ source, system, name }: C): string => JSON.stringify([source, system, name]);
  const taken = new Set(found.filter(({ direction }) => direction === 'taken').map(keyOf));
  return found.filter((calls) => calls.direction !== 'fetched' || !taken.has(keyOf(calls)));
}

/** A call that reached no server's span may still have been for a service: by its name, or by the first part of it as in a cluster's DNS. */
function knownService(nodes: ReadonlyMap<string, MapNode>, host: string): string | undefined {
  return [host, host.split('.')[0]!].map((name) => idOf('service', '', name)).find((id) => nodes.has(id));
}

function edgeOf(
  { source, target, callCount, errorCount, durations }: CallSum & Pick<MapEdge, 'source' | 'target'>,
  seconds: number,
): MapEdge {
  return {
    ...{ source, target, callCount, rate: callCount / seconds, errorCount, errorRatio: errorCount / callCount },
    ...{ p50Ns: durationQuantile(durations, 0.5), p95Ns: durationQuantile(durations, 0.95) },
  };
}

/** What is not a service is as its callers found it; its slowest caller's durations stand for it. What is taken from a queue was put there before. */
function backingNode(id: string, { kind, system, name }: MapCalls, all: readonly MapEdge[]): MapNode {
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
