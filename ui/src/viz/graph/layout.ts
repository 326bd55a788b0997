/**
 * Where the nodes of a graph stand: in layers from left to right, and in each layer from top to bottom. A frame may say the layer and the lane of
 * each node; else they follow from the edges. Pure: the same frames give the same picture.
 */
import { type Frame, fieldIfAny, fieldOf, type GraphFrames } from '../../lib/frame.ts';
import { layerHeights } from './layers.ts';

export interface PlacedNode {
  /** In the frame of nodes. */
  readonly row: number;
  readonly id: string;
  /** Top left corner. */
  readonly x: number;
  readonly y: number;
}

/** A layer that a line passes: the middle of the line, and its left end. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  /** In the frame of edges. */
  readonly row: number;
  readonly id: string;
  readonly from: PlacedNode;
  readonly to: PlacedNode;
  /** Where it passes between the nodes of other layers, from its source on. */
  readonly via: readonly Point[];
  /** The end at which its label stands. */
  readonly labelAt: 'source' | 'target' | 'middle';
  /** Another line runs above that end. */
  readonly isCrowdedAbove: boolean;
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

export const NODE_WIDTH = 172;
export const NODE_HEIGHT = 46;
const LANE_HEIGHT = 78;
const MIN_GAP_X = 74;
const MIN_GAP_Y = 16;
const TOP = 8;

/** Two rows of the frame of nodes. */
interface Link {
  readonly row: number;
  readonly source: number;
  readonly target: number;
}

/**
 * `width`: the room at hand; the drawing is wider if its layers need it, with `gapX` pixels at least between two. Edges to nodes that are not there
 * are left out.
 */
export function layoutGraph({ nodes, edges }: GraphFrames, width: number, gapX: number = MIN_GAP_X): GraphLayout {
  const ids = fieldOf(nodes, 'id', 'text').values;
  const links = linksOf(edges, new Map(ids.map((id, row) => [id, row])));
  const layers = numbersIfAny(nodes, 'layer') ?? layersByEdges(ids.length, links);
  const layerCount = 1 + Math.max(0, ...layers);
  const fullWidth = Math.max(width, layerCount * NODE_WIDTH + (layerCount - 1) * gapX);
  const xOf = (layer: number): number => (layerCount < 2 ? 0 : (layer * (fullWidth - NODE_WIDTH)) / (layerCount - 1));
  const lanes = numbersIfAny(nodes, 'lane');
  const heights =
    lanes === undefined ? layerHeights(layers, links, { nodeHeight: NODE_HEIGHT, gap: MIN_GAP_Y }) : undefined;
  const ys = lanes === undefined ? heights!.nodes.map((y) => TOP + y - NODE_HEIGHT / 2) : placeInLanes(layers, lanes);
  const placed = ids.map((id, row): PlacedNode => ({ row, id, x: xOf(layers[row]!), y: ys[row]! }));
  const passes = heights?.passes.map((own) => own.map((y) => TOP + y)) ?? passesBetween(layers, ys, links);
  const vias = links.map(({ source }, at) =>
    (passes[at] ?? []).map((y, step): Point => ({ x: xOf(layers[source]! + step + 1), y })),
  );
  const lowest = ys.reduce((most, y) => Math.max(most, y + NODE_HEIGHT), 0);
  const height = placed.length === 0 ? 0 : vias.flat().reduce((most, { y }) => Math.max(most, y), lowest) + TOP;
  return { nodes: placed, edges: placeEdges(edges, links, placed, vias), width: fullWidth, height };
}

function numbersIfAny(frame: Frame, name: string): readonly number[] | undefined {
  return fieldIfAny(frame, name, 'number')?.values.map((value) => value ?? 0);
}

function linksOf(edges: Frame, rows: ReadonlyMap<string, number>): readonly Link[] {
  const sources = fieldOf(edges, 'source', 'text').values;
  const targets = fieldOf(edges, 'target', 'text').values;
  return sources.flatMap((from, row): Link[] => {
    const source = rows.get(from);
    const target = rows.get(targets[row]!);
    return source === undefined || target === undefined ? [] : [{ row, source, target }];
  });
}

/** The longest way from a node into which nothing goes. An edge that closes a circle does not count. */
function layersByEdges(count: number, links: readonly Link[]): readonly number[] {
  const order = orderOf(count, links);
  const place = new Int32Array(count);
  for (const [at, node] of order.entries()) place[node] = at;
  const outgoing = outgoingOf(count, links);
  const layers = new Array<number>(count).fill(0);
  for (const node of order) {
    for (const target of outgoing[node]!) {
      if (place[target]! > place[node]!) layers[target] = Math.max(layers[target]!, layers[node]! + 1);
    }
  }
  return layers;
}

function outgoingOf(count: number, links: readonly Link[]): readonly number[][] {
  const outgoing = Array.from({ length: count }, (): number[] => []);
  for (const { source, target } of links) outgoing[source]!.push(target);
  return outgoing;
}

/** Nodes so that edges go forward, but for those that close a circle: the reverse of the order in which a walk in depth leaves them. */
function orderOf(count: number, links: readonly Link[]): readonly number[] {
  const outgoing = outgoingOf(count, links);
  const isTarget = new Uint8Array(count);
  for (const { source, target } of links) if (source !== target) isTarget[target] = 1;
  const all = Array.from({ length: count }, (_, node) => node);
  const starts = [...all.filter((node) => !isTarget[node]), ...all.filter((node) => isTarget[node])];
  const isSeen = new Uint8Array(count);
  const left: number[] = [];
  for (const start of starts) {
    if (isSeen[start]) continue;
    isSeen[start] = 1;
    const path = [{ node: start, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = outgoing[top.node]![top.next++];
      if (target === undefined) left.push(path.pop()!.node);
      else if (!isSeen[target]) {
        isSeen[target] = 1;
        path.push({ node: target, next: 0 });
      }
    }
  }
  return left.reverse();
}

/** Each node stands in its lane, pushed down where it would overlap. */
function placeInLanes(layers: readonly number[], lanes: readonly number[]): readonly number[] {
  const ys = new Array<number>(layers.length).fill(TOP);
  const byLayer: number[][] = [];
  for (const [node, layer] of layers.entries()) {
    byLayer[layer] ??= [];
    byLayer[layer].push(node);
  }
  for (const members of byLayer) {
    let freeY = TOP;
    for (const node of (members ?? []).toSorted((a, b) => lanes[a]! - lanes[b]!)) {
      ys[node] = Math.max(TOP + lanes[node]! * LANE_HEIGHT, freeY);
      freeY = ys[node] + NODE_HEIGHT + MIN_GAP_Y;
    }
  }
  return ys;
}

/** Between a line and a node that it passes, and between two lines. */
const PASS_GAP = 8;

/**
 * The heights at which each link passes the layers between its ends: on its straight way, or beside the nodes and the lines there, which it would run behind.
 */
function passesBetween(
  layers: readonly number[],
  ys: readonly number[],
  links: readonly Link[],
): readonly (readonly number[])[] {
  const taken = new Map<number, (readonly [top: number, bottom: number])[]>();
  const take = (layer: number, top: number, bottom: number): void => {
    const ranges = taken.get(layer);
    if (ranges === undefined) taken.set(layer, [[top, bottom]]);
    else ranges.push([top, bottom]);
  };
  for (const [node, layer] of layers.entries()) take(layer, ys[node]!, ys[node]! + NODE_HEIGHT);
  return links.map(({ source, target }) => {
    const [first, last] = [layers[source]!, layers[target]!];
    return Array.from({ length: Math.max(0, last - first - 1) }, (_, step): number => {
      const layer = first + step + 1;
      const wanted = ys[source]! + NODE_HEIGHT / 2 + ((ys[target]! - ys[source]!) * (step + 1)) / (last - first);
      const y = freeHeight(wanted, taken.get(layer) ?? []);
      take(layer, y, y);
      return y;
    });
  });
}

/** The nearest to the wanted height that is away from what is taken, and not above the drawing. */
function freeHeight(wanted: number, taken: readonly (readonly [top: number, bottom: number])[]): number {
  const isFree = (y: number): boolean =>
    y >= 2 && taken.every(([top, bottom]) => y <= top - PASS_GAP || y >= bottom + PASS_GAP);
  const beside = taken.flatMap(([top, bottom]) => [top - PASS_GAP, bottom + PASS_GAP]);
  return [wanted, ...beside].filter(isFree).sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? wanted;
}

function placeEdges(
  edges: Frame,
  links: readonly Link[],
  placed: readonly PlacedNode[],
  vias: readonly (readonly Point[])[],
): readonly PlacedEdge[] {
  const ids = fieldIfAny(edges, 'id', 'text')?.values;
  const labelAts = fieldIfAny(edges, 'labelAt', 'text')?.values;
  /** The height of the highest node at the other end of what comes in, and of what goes out, by node. */
  const highestIn = new Map<number, number>();
  const highestOut = new Map<number, number>();
  const note = (highest: Map<number, number>, node: number, y: number): void => {
    highest.set(node, Math.min(y, highest.get(node) ?? y));
  };
  for (const { source, target } of links) {
    note(highestIn, target, placed[source]!.y);
    note(highestOut, source, placed[target]!.y);
  }
  return links.map(({ row, source, target }, at): PlacedEdge => {
    const wanted = labelAts?.[row];
    const labelAt = wanted === 'source' || wanted === 'target' ? wanted : 'middle';
    const [from, to] = [placed[source]!, placed[target]!];
    const isCrowdedAbove =
      (labelAt === 'target' && highestIn.get(target)! < to.y) ||
      (labelAt === 'source' && highestOut.get(source)! < from.y);
    return { row, id: ids?.[row] ?? `${from.id} ${to.id}`, from, to, via: vias[at]!, labelAt, isCrowdedAbove };
  });
}
