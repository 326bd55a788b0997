/** The map of services now beside the one of an hour or a day before: what is new, gone, busier, failing more, or slower. Pure. */
import type { MapEdge, MapNode, MapResponse } from '#api/types.ts';
import { formatDuration, formatPercent, formatRate } from '../format.ts';

export type ChangeKind = 'new' | 'gone' | 'rate' | 'errors' | 'latency';

export interface Change {
  readonly kind: ChangeKind;
  /** Worse: more errors, slower, gone. */
  readonly isWorse: boolean;
  /** A few characters, to be written on the line. */
  readonly short: string;
  /** A sentence. */
  readonly text: string;
}

/** A line of the map, with what it was before where that was asked for. */
export interface MapLine {
  readonly id: string;
  readonly source: MapNode;
  readonly target: MapNode;
  /** Undefined where it is gone. */
  readonly now: MapEdge | undefined;
  readonly before: MapEdge | undefined;
  readonly changes: readonly Change[];
}

export interface MapView {
  /** With those that are gone. */
  readonly nodes: readonly MapNode[];
  readonly lines: readonly MapLine[];
}

/** Fewer calls than these, on either side, say nothing about a change. */
const FEW_CALLS = 20;
const RATE_FACTOR = 1.5;
const LATENCY_FACTOR = 1.5;
const LEAST_NS = 1_000_000;
const ERROR_POINTS = 0.01;
/** Standard deviations that a share of errors must have moved. */
const SURE = 3;

function lineId(source: string, target: string): string {
  return `${source} → ${target}`;
}

/** `before`: undefined where nothing is compared. */
export function viewOf(now: MapResponse, before: MapResponse | undefined): MapView {
  const nodes = new Map<string, MapNode>();
  for (const node of [...now.nodes, ...(before?.nodes ?? [])]) if (!nodes.has(node.id)) nodes.set(node.id, node);
  const earlier = new Map((before?.edges ?? []).map((edge) => [lineId(edge.source, edge.target), edge]));
  const current = new Map(now.edges.map((edge) => [lineId(edge.source, edge.target), edge]));
  const used = new Set(now.nodes.map(({ id }) => id));
  const lines = [...new Set([...current.keys(), ...earlier.keys()])].flatMap((id): readonly MapLine[] => {
    const [edge, old] = [current.get(id), earlier.get(id)];
    const ends = edge ?? old!;
    const [source, target] = [nodes.get(ends.source), nodes.get(ends.target)];
    if (source === undefined || target === undefined) return [];
    used.add(source.id);
    used.add(target.id);
    return [
      {
        ...{ id, source, target, now: edge, before: old },
        changes: before === undefined ? [] : changesOf(edge, old),
      },
    ];
  });
  return { nodes: [...nodes.values()].filter(({ id }) => used.has(id)), lines };
}

/** The most urgent first. */
export function changesOf(now: MapEdge | undefined, before: MapEdge | undefined): readonly Change[] {
  if (now === undefined)
    return before!.callCount < FEW_CALLS
      ? []
      : [{ kind: 'gone', isWorse: true, short: 'gone', text: `no calls any more, ${formatRate(before!.rate)} before` }];
  if (before === undefined)
    return now.callCount < FEW_CALLS
      ? []
      : [{ kind: 'new', isWorse: false, short: 'new', text: `no calls before, ${formatRate(now.rate)} now` }];
  if (Math.max(now.callCount, before.callCount) < FEW_CALLS) return [];
  return [errorChange(now, before), latencyChange(now, before), rateChange(now, before)].filter(
    (change) => change !== undefined,
  );
}

function rateChange(now: MapEdge, before: MapEdge): Change | undefined {
  const factor = now.rate / before.rate;
  if (factor < RATE_FACTOR && factor > 1 / RATE_FACTOR) return undefined;
  const text = `${formatRate(now.rate)}, ${formatRate(before.rate)} before`;
  return { kind: 'rate', isWorse: false, short: `${timesText(factor)} rate`, text };
}

function errorChange(now: MapEdge, before: MapEdge): Change | undefined {
  const by = now.errorRatio - before.errorRatio;
  const both = (now.errorCount + before.errorCount) / (now.callCount + before.callCount);
  const deviation = Math.sqrt(both * (1 - both) * (1 / now.callCount + 1 / before.callCount));
  if (Math.abs(by) < ERROR_POINTS || Math.abs(by) < SURE * deviation) return undefined;
  const text = `${formatPercent(now.errorRatio)} fail, ${formatPercent(before.errorRatio)} before`;
  return { kind: 'errors', isWorse: by > 0, short: `${by > 0 ? '▲' : '▼'} errors`, text };
}

function latencyChange(now: MapEdge, before: MapEdge): Change | undefined {
  if (now.p95Ns === null || before.p95Ns === null || Math.min(now.callCount, before.callCount) < FEW_CALLS)
    return undefined;
  const factor = now.p95Ns / Math.max(1, before.p95Ns);
  const isChanged = factor >= LATENCY_FACTOR || factor <= 1 / LATENCY_FACTOR;
  if (!isChanged || Math.abs(now.p95Ns - before.p95Ns) < LEAST_NS) return undefined;
  const text = `p95 ${formatDuration(now.p95Ns)}, ${formatDuration(before.p95Ns)} before`;
  return { kind: 'latency', isWorse: factor > 1, short: `${timesText(factor)} p95`, text };
}

function timesText(factor: number): string {
  const times = factor >= 1 ? factor : 1 / factor;
  return `${factor >= 1 ? '▲' : '▼'} ${times >= 10 ? Math.round(times) : times.toFixed(1)}×`;
}
