/**
 * Where the parts of the pipelines stand in the drawing: receivers at the left, exporters at the right, and a lane per
 * pipeline with its processors between. Receivers and exporters that several pipelines share stand once, at the middle of
 * their lanes. Pure: the same pipelines give the same picture.
 */
import type { ComponentView, PipelineView } from '#api/types.ts';

export interface LayoutNode {
  readonly id: string;
  readonly component: ComponentView | undefined;
  /** Top left corner. */
  readonly x: number;
  readonly y: number;
}

export interface LayoutEdge {
  readonly key: string;
  readonly from: LayoutNode;
  readonly to: LayoutNode;
  readonly pipeline: PipelineView;
  /** Items per second now; undefined where nothing is measured, or where another edge already says it. */
  readonly rate: number | undefined;
  readonly labelled: boolean;
  /** Another line runs above this pipeline's end of the edge. */
  readonly crowdedAbove: boolean;
}

export interface PipelineLayout {
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
  readonly lanes: readonly { readonly pipeline: PipelineView; readonly y: number }[];
  readonly width: number;
  readonly height: number;
}

export const NODE_WIDTH = 172;
export const NODE_HEIGHT = 46;
const LANE_HEIGHT = 78;
const MIN_GAP = 74;
const TOP = 8;

/** `width`: the room at hand; the drawing is wider if the longest pipeline needs it. */
export function layoutPipelines(
  pipelines: readonly PipelineView[],
  components: readonly ComponentView[],
  width: number,
): PipelineLayout {
  const byId = new Map(components.map((component) => [component.id, component]));
  const columns = 2 + Math.max(0, ...pipelines.map(({ processors }) => processors.length));
  const fullWidth = Math.max(width, columns * NODE_WIDTH + (columns - 1) * MIN_GAP);
  const columnX = (column: number): number => (columns < 2 ? 0 : (column * (fullWidth - NODE_WIDTH)) / (columns - 1));
  const laneY = (lane: number): number => TOP + lane * LANE_HEIGHT;
  const nodes = new Map<string, LayoutNode>();
  const place = (id: string, x: number, y: number): void => {
    nodes.set(id, { id, component: byId.get(id), x, y });
  };
  pipelines.forEach(({ processors }, lane) => {
    for (const [i, id] of processors.entries()) place(id, columnX(i + 1), laneY(lane));
  });
  const left = placeShared(pipelines, 'receivers', laneY);
  for (const [id, y] of left) place(id, 0, y);
  const right = placeShared(pipelines, 'exporters', laneY);
  for (const [id, y] of right) place(id, columnX(columns - 1), y);
  const edges = pipelines.flatMap((pipeline) => edgesOf(pipeline, nodes));
  const lowest = Math.max(0, ...[...nodes.values()].map(({ y }) => y + NODE_HEIGHT));
  const lanes = pipelines.map((pipeline, lane) => ({ pipeline, y: laneY(lane) }));
  return { nodes: [...nodes.values()], edges, lanes, width: fullWidth, height: lowest + TOP };
}

/** Shared parts stand at the mean of their lanes, pushed apart where they would overlap. */
function placeShared(
  pipelines: readonly PipelineView[],
  side: 'receivers' | 'exporters',
  laneY: (lane: number) => number,
): Map<string, number> {
  const wanted = new Map<string, number[]>();
  pipelines.forEach((pipeline, lane) => {
    for (const id of pipeline[side]) wanted.set(id, [...(wanted.get(id) ?? []), laneY(lane)]);
  });
  const placed = [...wanted]
    .map(([id, ys]) => ({ id, y: ys.reduce((a, b) => a + b, 0) / ys.length }))
    .sort((a, b) => a.y - b.y);
  const result = new Map<string, number>();
  let free = TOP;
  for (const { id, y } of placed) {
    const at = Math.max(y, free);
    result.set(id, at);
    free = at + NODE_HEIGHT + 16;
  }
  return result;
}

function edgesOf(pipeline: PipelineView, nodes: ReadonlyMap<string, LayoutNode>): LayoutEdge[] {
  const { id, receivers, processors, exporters } = pipeline;
  const edges: LayoutEdge[] = [];
  const connect = (fromId: string, toId: string, rate: number | undefined, labelled: boolean): void => {
    const from = nodes.get(fromId);
    const to = nodes.get(toId);
    if (!from || !to) return;
    const shared = receivers.includes(fromId) ? receivers : exporters.includes(toId) ? exporters : [];
    const own = receivers.includes(fromId) ? to : from;
    const crowdedAbove = shared.some((other) => (nodes.get(other)?.y ?? own.y) < own.y);
    edges.push({ key: `${id}: ${fromId} ${toId}`, from, to, pipeline, rate, labelled, crowdedAbove });
  };
  const heads = processors.length > 0 ? [processors[0]!] : exporters;
  // What a receiver gives to each of its pipelines is not measured apart; what enters the pipeline is.
  for (const receiver of receivers) {
    for (const head of heads) connect(receiver, head, lastValue(pipeline.rate), receiver === receivers[0]);
  }
  for (let i = 0; i + 1 < processors.length; i++)
    connect(processors[i]!, processors[i + 1]!, outRate(nodes, processors[i]!), true);
  const tail = processors.at(-1);
  if (tail !== undefined)
    for (const exporter of exporters) connect(tail, exporter, outRate(nodes, tail), exporter === exporters[0]);
  return edges;
}

function outRate(nodes: ReadonlyMap<string, LayoutNode>, id: string): number | undefined {
  const component = nodes.get(id)?.component;
  return component ? lastValue(component.outRate) : undefined;
}

/** The last complete value: the last bucket is still filling, unless it is the only one. */
export function lastValue(values: readonly (number | null)[]): number | undefined {
  for (let i = Math.max(0, values.length - 2); i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return values.at(-1) ?? undefined;
}
