import { describe, expect, test } from 'vitest';
import { type Frame, frameOfRows, type GraphFrames } from '../../lib/frame.ts';
import { layoutGraph, NODE_HEIGHT, NODE_WIDTH } from './layout.ts';

const nodesOf = (ids: readonly string[]): Frame =>
  frameOfRows('nodes', ids, { id: { text: (id) => id }, title: { text: (id) => id } });

/** `a>b` is an edge. */
function graphOf(ids: readonly string[], edges: readonly string[]): GraphFrames {
  const end = (at: number) => (edge: string) => edge.split('>')[at]!;
  return {
    nodes: nodesOf(ids),
    edges: frameOfRows('edges', edges, { source: { text: end(0) }, target: { text: end(1) } }),
  };
}

function columnsOf(frames: GraphFrames): Record<string, number> {
  const { nodes } = layoutGraph(frames, 100);
  const columns = [...new Set(nodes.map(({ x }) => x))].sort((a, b) => a - b);
  return Object.fromEntries(nodes.map(({ id, x }) => [id, columns.indexOf(x)]));
}

test('where the places are given, a line that passes a layer runs beside its nodes and the other lines', () => {
  const rows = [
    { id: 'a', layer: 0, lane: 0 },
    { id: 'b', layer: 0, lane: 1 },
    { id: 'p', layer: 1, lane: 0 },
    { id: 'q', layer: 1, lane: 1 },
    { id: 'z', layer: 2, lane: 1 },
  ];
  const { edges } = graphOf([], ['a>p', 'b>q', 'p>z', 'q>z', 'a>z', 'b>z']);
  const nodes = frameOfRows('nodes', rows, {
    id: { text: ({ id }) => id },
    layer: { count: ({ layer }) => layer },
    lane: { count: ({ lane }) => lane },
  });
  const layout = layoutGraph({ nodes, edges }, 800);
  const passes = layout.edges.flatMap(({ via }) => via);
  expect(passes).toHaveLength(2);
  expect(Math.abs(passes[0]!.y - passes[1]!.y)).toBeGreaterThanOrEqual(8);
  for (const { x, y } of passes)
    for (const node of layout.nodes.filter((each) => each.x === x))
      expect(y < node.y || y > node.y + NODE_HEIGHT).toBe(true);
});

describe('where nothing says the place', () => {
  test('a node stands behind all that lead to it, whatever the order of the rows', () => {
    const frames = graphOf(['db', 'orders', 'web', 'pay'], ['web>orders', 'orders>db', 'web>db', 'orders>pay']);
    expect(columnsOf(frames)).toEqual({ web: 0, orders: 1, db: 2, pay: 2 });
  });

  test('circles, an edge to itself and edges to nodes that are not there end', () => {
    const frames = graphOf(['a', 'b', 'c'], ['a>b', 'b>c', 'c>a', 'b>b', 'a>nobody', 'nobody>c']);
    expect(columnsOf(frames)).toEqual({ a: 0, b: 1, c: 2 });
    expect(layoutGraph(frames, 100).edges).toHaveLength(4);
    expect(columnsOf(graphOf(['x', 'y'], ['x>y', 'y>x']))).toEqual({ x: 0, y: 1 });
  });

  test('no two nodes overlap, all stand inside, and a chain of ten thousand is no trouble', () => {
    const ids = Array.from({ length: 60 }, (_, i) => `n${i}`);
    const edges = ids.flatMap((id, i) => [`${id}>n${(i * 7 + 3) % 60}`, `${id}>n${(i * 11 + 5) % 60}`]);
    const { nodes, width, height } = layoutGraph(graphOf(ids, edges), 800);
    for (const a of nodes) {
      expect(a.x + NODE_WIDTH).toBeLessThanOrEqual(width);
      expect(a.y + NODE_HEIGHT).toBeLessThanOrEqual(height);
      for (const b of nodes)
        if (a !== b) expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
    }
    const chain = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const long = layoutGraph(
      graphOf(
        chain,
        chain.slice(1).map((id, i) => `c${i}>${id}`),
      ),
      100,
    );
    expect(long.nodes.at(-1)!.x).toBeGreaterThan(long.nodes[0]!.x);
  });
});

test('no nodes are no drawing, one stands alone', () => {
  expect(layoutGraph(graphOf([], []), 300)).toEqual({ nodes: [], edges: [], width: 300, height: 0 });
  expect(columnsOf(graphOf(['only'], []))).toEqual({ only: 0 });
});

test('few lines cross: the order of the rows does not matter, and the picture is the same each time', () => {
  const frames = graphOf(['a', 'b', 'c', 'z', 'y', 'x'], ['a>x', 'b>y', 'c>z']);
  const { nodes } = layoutGraph(frames, 600);
  const yOf = (id: string): number => nodes.find((node) => node.id === id)!.y;
  for (const [left, right] of [
    ['a', 'x'],
    ['b', 'y'],
    ['c', 'z'],
  ] as const)
    expect(yOf(left)).toBeCloseTo(yOf(right));
  expect(layoutGraph(frames, 600)).toEqual(layoutGraph(frames, 600));
});

test('a line over several layers passes beside the nodes between', () => {
  const frames = graphOf(['a', 'b', 'c'], ['a>b', 'b>c', 'a>c']);
  const { nodes, edges } = layoutGraph(frames, 600);
  const between = nodes.find(({ id }) => id === 'b')!;
  const [via] = edges[2]!.via;
  expect(edges[0]!.via).toEqual([]);
  expect(via!.x).toBe(between.x);
  expect(via!.y < between.y || via!.y > between.y + NODE_HEIGHT).toBe(true);
});
