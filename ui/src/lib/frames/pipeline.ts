/** The pipelines as a graph: receivers at the left, exporters at the right, and a lane per pipeline with its processors between. */
import type { ComponentView, PipelineView, SignalName, SystemResponse } from '#api/types.ts';
import { formatCompact, formatCount, formatRate } from '../format.ts';
import { type Frame, frameOfLines, frameOfRows, type GraphFrames, lastValue, type Numbers } from '../frame.ts';

const RATE = '{item}/s';
/** The lanes are in the order of the page's other parts. */
export const SIGNALS: readonly SignalName[] = ['traces', 'logs', 'metrics'];

interface PlacedNode {
  readonly id: string;
  readonly component: ComponentView | undefined;
  readonly layer: number;
  readonly lane: number;
}

interface FlowEdge {
  readonly source: string;
  readonly target: string;
  readonly pipeline: string;
  /** Items per second now; null where nothing is measured. */
  readonly rate: number | null;
  /** Another edge says it already. */
  readonly isSaid: boolean;
  /** Whose figure the rate is. */
  readonly at: 'source' | 'target' | 'middle';
}

export function pipelineFrames({
  pipelines,
  components,
}: Pick<SystemResponse, 'pipelines' | 'components'>): GraphFrames {
  const ordered = pipelines.toSorted((a, b) => SIGNALS.indexOf(a.signal) - SIGNALS.indexOf(b.signal));
  const byId = new Map(components.map((component) => [component.id, component]));
  const edges = ordered.flatMap((pipeline) => edgesOf(pipeline, byId));
  return { nodes: nodeFrame(placeNodes(ordered, byId)), edges: edgeFrame(edges) };
}

/** What enters the pipelines of a signal, added up, over time. No line where there is no such pipeline. */
export function signalFrame(
  { grid, pipelines }: Pick<SystemResponse, 'grid' | 'pipelines'>,
  signal: SignalName,
): Frame {
  const rates = pipelines.filter((pipeline) => pipeline.signal === signal).map(({ rate }) => rate);
  const line = rates.length === 0 ? [] : [{ name: signal, unit: RATE, values: sumOf(rates), tone: 'accent' as const }];
  return frameOfLines(`${signal} per second`, grid, line);
}

/** A bucket in which none was measured stays a gap. */
function sumOf(rates: readonly Numbers[]): Numbers {
  return rates.reduce((sum, rate) =>
    sum.map((value, i) => (value === null && rate[i] === null ? null : (value ?? 0) + (rate[i] ?? 0))),
  );
}

/** Receivers and exporters that several pipelines share stand once, at the middle of their lanes. */
function placeNodes(
  pipelines: readonly PipelineView[],
  byId: ReadonlyMap<string, ComponentView>,
): readonly PlacedNode[] {
  const lastLayer = 1 + Math.max(0, ...pipelines.map(({ processors }) => processors.length));
  const places = new Map<string, { layer: number; readonly lanes: number[] }>();
  const place = (id: string, layer: number, lane: number): void => {
    const placed = places.get(id) ?? { layer, lanes: [] };
    placed.lanes.push(lane);
    // A connector is an exporter of one pipeline and a receiver of another: it stands at the right.
    placed.layer = Math.max(placed.layer, layer);
    places.set(id, placed);
  };
  pipelines.forEach(({ receivers, processors, exporters }, lane) => {
    for (const id of receivers) place(id, 0, lane);
    for (const [i, id] of processors.entries()) place(id, i + 1, lane);
    for (const id of exporters) place(id, lastLayer, lane);
  });
  return [...places].map(([id, placed]) => ({
    id,
    component: byId.get(id),
    layer: placed.layer,
    lane: placed.lanes.reduce((sum, lane) => sum + lane, 0) / placed.lanes.length,
  }));
}

function edgesOf(pipeline: PipelineView, byId: ReadonlyMap<string, ComponentView>): readonly FlowEdge[] {
  const { id, receivers, processors, exporters } = pipeline;
  const outRate = (component: string): number | null => lastValue(byId.get(component)?.outRate ?? []) ?? null;
  const edges: FlowEdge[] = [];
  const heads = processors.length > 0 ? [processors[0]!] : exporters;
  // What a receiver gives to each of its pipelines is not measured apart; what enters the pipeline is.
  const enters = lastValue(pipeline.rate) ?? null;
  for (const source of receivers) {
    const isSaid = source !== receivers[0];
    for (const target of heads) edges.push({ source, target, pipeline: id, rate: enters, isSaid, at: 'target' });
  }
  for (const [i, source] of processors.slice(0, -1).entries()) {
    const target = processors[i + 1]!;
    edges.push({ source, target, pipeline: id, rate: outRate(source), isSaid: false, at: 'middle' });
  }
  const source = processors.at(-1);
  if (source === undefined) return edges;
  for (const target of exporters) {
    const isSaid = target !== exporters[0];
    edges.push({ source, target, pipeline: id, rate: outRate(source), isSaid, at: 'source' });
  }
  return edges;
}

function edgeFrame(edges: readonly FlowEdge[]): Frame {
  return frameOfRows('flows between components', edges, {
    id: { text: ({ pipeline, source, target }) => `${pipeline}: ${source} ${target}` },
    source: { text: ({ source }) => source },
    target: { text: ({ target }) => target },
    rate: { number: ({ rate }) => rate, unit: RATE },
    label: { number: ({ rate, isSaid }) => (isSaid ? null : rate), unit: RATE },
    labelAt: { text: ({ at }) => at },
  });
}

function nodeFrame(nodes: readonly PlacedNode[]): Frame {
  return frameOfRows('components', nodes, {
    id: { text: ({ id }) => id },
    title: { text: ({ id, component }) => component?.componentId ?? id },
    note: { text: ({ component }) => noteOf(component) },
    state: { text: ({ component }) => stateOf(component) },
    failed: { count: ({ component }) => (component ? component.failedCount + component.refusedCount : 0) },
    share: { number: ({ component }) => queueShare(component), unit: '%' },
    about: { text: ({ id, component }) => (component ? aboutOf(component) : id) },
    layer: { count: ({ layer }) => layer },
    lane: { number: ({ lane }) => lane, unit: '1' },
  });
}

function stateOf(component: ComponentView | undefined): string {
  switch (component?.status) {
    case 'ok':
      return 'ok';
    case 'recoverable_error':
      return 'warning';
    case 'permanent_error':
    case 'fatal_error':
      return 'error';
    default:
      return 'unknown';
  }
}

/** How full the queue is, in percent. */
function queueShare(component: ComponentView | undefined): number | null {
  if (!component?.queueCapacity) return null;
  return Math.min(100, ((component.queueSize ?? 0) / component.queueCapacity) * 100);
}

function noteOf(component: ComponentView | undefined): string {
  if (!component) return 'not reported';
  const { failedCount, refusedCount, kind } = component;
  if (failedCount > 0) return `${formatCompact(failedCount)} failed`;
  return refusedCount > 0 ? `${formatCompact(refusedCount)} refused` : kind;
}

function aboutOf(component: ComponentView): string {
  const { kind, componentId, status, statusMessage, inRate, outRate, queueSize, queueCapacity } = component;
  const { refusedCount, failedCount } = component;
  const lines = [
    `${kind} ${componentId}: ${status.replaceAll('_', ' ')}`,
    statusMessage,
    `in ${formatRate(lastValue(inRate) ?? 0)}, out ${formatRate(lastValue(outRate) ?? 0)}`,
    queueCapacity ? `queue ${formatCount(queueSize ?? 0)} of ${formatCount(queueCapacity)}` : '',
    refusedCount > 0 ? `${formatCount(refusedCount)} refused` : '',
    failedCount > 0 ? `${formatCount(failedCount)} failed` : '',
  ];
  return lines.filter(Boolean).join('\n');
}
