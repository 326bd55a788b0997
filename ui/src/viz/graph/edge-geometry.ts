/** The lines of a graph's edges, and where their labels stand without lying over each other. */
import { type GraphLayout, NODE_HEIGHT, NODE_WIDTH, type PlacedEdge, type Point } from './layout.ts';

/** From the right side of one node to the left side of another, by the places that it passes. */
export function edgePath(edge: PlacedEdge): string {
  const points = pointsOf(edge);
  let path = '';
  for (let i = 0; i < points.length; i += 2) {
    const [from, to] = [points[i]!, points[i + 1]!];
    const bend = (to.x - from.x) / 2;
    path += `${i === 0 ? 'M' : 'L'}${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
  }
  return path;
}

/** Pairs: where a bend begins, and where it ends. */
function pointsOf({ from, to, via }: PlacedEdge): readonly Point[] {
  return [
    { x: from.x + NODE_WIDTH, y: from.y + NODE_HEIGHT / 2 },
    ...via.flatMap(({ x, y }) => [
      { x, y },
      { x: x + NODE_WIDTH, y },
    ]),
    { x: to.x, y: to.y + NODE_HEIGHT / 2 },
  ];
}

export interface LabelSize {
  readonly width: number;
  readonly height: number;
}

interface Box extends LabelSize {
  /** Top left corner. */
  readonly x: number;
  readonly y: number;
}

/** Where on a bend a label may stand, best first: shares of its way. */
const SHARES: readonly number[] = [0.5, 0.38, 0.62, 0.26, 0.74];

/**
 * The middle of each label, by the row of its edge, in the order given: what comes later and finds no free place is left out. `sizeOf`: undefined for
 * an edge without a label.
 */
export function placeLabels(
  { nodes }: GraphLayout,
  edges: readonly PlacedEdge[],
  sizeOf: (edge: PlacedEdge) => LabelSize | undefined,
): ReadonlyMap<number, Point> {
  const taken: Box[] = nodes.map(({ x, y }) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT }));
  const places = new Map<number, Point>();
  for (const edge of edges) {
    const size = sizeOf(edge);
    if (size === undefined) continue;
    const place = candidates(edge).find((middle) => !taken.some((box) => overlaps(boxAround(middle, size), box)));
    if (place === undefined) continue;
    places.set(edge.row, place);
    taken.push(boxAround(place, size));
  }
  return places;
}

function boxAround({ x, y }: Point, { width, height }: LabelSize): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Places on the line, those of its last bend first: labels of what one node calls stand apart there. */
function candidates(edge: PlacedEdge): readonly Point[] {
  const points = pointsOf(edge);
  const found: Point[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2)
    for (const share of SHARES) found.push(onBend(points[i]!, points[i + 1]!, share));
  return found;
}

/** On the curve that `edgePath` draws: a cubic whose handles are level, half the way long. */
function onBend(from: Point, to: Point, t: number): Point {
  const bend = (to.x - from.x) / 2;
  const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
  return {
    x: a * from.x + b * (from.x + bend) + c * (to.x - bend) + d * to.x,
    y: (a + b) * from.y + (c + d) * to.y,
  };
}
