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
  /** Whose processor it is: several pipelines have processors of one name. */
  readonly pipeline: string | undefined;
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

/**
 * Receivers and exporters that several pipelines share stand once, at the middle of their lanes. A connector, which is an exporter of one pipeline and a
 * receiver of another, stands behind the one and before the other; all other exporters are at the right.
 */
function placeNodes(
  pipelines: readonly PipelineView[],
  byId: ReadonlyMap<string, ComponentView>,
): readonly PlacedNode[] {
  const begins = firstLayers(pipelines);
  const endOf = ({ id, processors }: PipelineView): number => begins.get(id)! + processors.length + 1;
  const lastLayer = Math.max(1, ...pipelines.map(endOf));
  const connectors = new Set(pipelines.flatMap(({ receivers }) => receivers));
  const places = new Map<string, { layer: number; readonly lanes: number[]; readonly pipeline: string | undefined }>();
  const place = (id: string, layer: number, lane: number, pipeline?: string): void => {
    const placed = places.get(id) ?? { layer, lanes: [], pipeline };
    placed.lanes.push(lane);
    placed.layer = Math.max(placed.layer, layer);
    places.set(id, placed);
  };
  pipelines.forEach((pipeline, lane) => {
    const begin = begins.get(pipeline.id)!;
    for (const id of pipeline.receivers) place(id, begin, lane);
    for (const [i, id] of pipeline.processors.entries()) place(id, begin + i + 1, lane, pipeline.id);
    for (const id of pipeline.exporters) place(id, connectors.has(id) ? endOf(pipeline) : lastLayer, lane);
  });
  return [...places].map(([id, placed]) => ({
    id,
    component: byId.get(id),
    pipeline: placed.pipeline,
    layer: placed.layer,
    lane: placed.lanes.reduce((sum, lane) => sum + lane, 0) / placed.lanes.length,
  }));
}

/** The layer of the receivers of each pipeline: 0, or behind all pipelines whose exporters they are. */
function firstLayers(pipelines: readonly PipelineView[]): ReadonlyMap<string, number> {
  const begins = new Map(pipelines.map(({ id }) => [id, 0]));
  // Each pass carries the layers one connector further; a collector has no circles, and what it reports wrongly ends here too.
  for (const _ of pipelines)
    for (const { id, processors, exporters } of pipelines)
      for (const next of pipelines)
        if (next.receivers.some((receiver) => exporters.includes(receiver)))
          begins.set(next.id, Math.max(begins.get(next.id)!, begins.get(id)! + processors.length + 1));
  return begins;
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
    note: { text: ({ component, pipeline }) => noteOf(component, pipeline) },
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

function noteOf(component: ComponentView | undefined, pipeline: string | undefined): string {
  if (!component) return 'not reported';
  const { failedCount, refusedCount, kind } = component;
  if (failedCount > 0) return `${formatCompact(failedCount)} failed`;
  if (refusedCount > 0) return `${formatCompact(refusedCount)} refused`;
  return pipeline === undefined ? kind : `${kind} · ${pipeline}`;
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
