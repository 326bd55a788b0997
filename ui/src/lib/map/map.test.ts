import { describe, expect, test } from 'vitest';
import type { MapEdge, MapNode, MapResponse } from '#api/types.ts';
import { changesOf, viewOf } from './changes.ts';
import { drawnMap, filteredView, linesFrame, mapFrames } from './frames.ts';

function edge(more: Partial<MapEdge> = {}): MapEdge {
  const one = { source: 'service:web', target: 'service:orders', callCount: 1000, rate: 10, errorCount: 0, ...more };
  return { p50Ns: 5e6, p95Ns: 20e6, ...one, errorRatio: one.errorCount / one.callCount };
}

function node(name: string, more: Partial<MapNode> = {}): MapNode {
  const kind = more.kind ?? 'service';
  const id = kind === 'service' ? `service:${name}` : `${kind}:${more.system ?? ''}/${name}`;
  return { id, kind, system: '', name, requestRate: 10, errorRatio: 0, p50Ns: 1e6, p95Ns: 5e6, ...more };
}

function map(nodes: readonly MapNode[], edges: readonly MapEdge[]): MapResponse {
  return { nodes, edges, edgesFromMs: 0, leftOutNodes: 0, leftOutEdges: 0 };
}

describe('changes', () => {
  test.each<[string, MapEdge | undefined, MapEdge | undefined, readonly string[]]>([
    ['nothing', edge(), edge({ rate: 11 }), []],
    ['more traffic', edge({ rate: 30 }), edge(), ['▲ 3.0× rate']],
    ['less traffic', edge({ rate: 1 }), edge({ rate: 20 }), ['▼ 20× rate']],
    ['errors come first', edge({ errorCount: 100, rate: 20 }), edge({ errorCount: 2 }), ['▲ errors', '▲ 2.0× rate']],
    ['errors that went away', edge(), edge({ errorCount: 100 }), ['▼ errors']],
    ['two failures of thirty may be chance', edge({ callCount: 30, errorCount: 2 }), edge({ callCount: 30 }), []],
    ['slower', edge({ p95Ns: 80e6 }), edge(), ['▲ 4.0× p95']],
    ['some µs are no matter', edge({ p95Ns: 90e3 }), edge({ p95Ns: 30e3 }), []],
    ['few calls say nothing', edge({ callCount: 5, rate: 1, p95Ns: 1e9 }), edge({ callCount: 6 }), []],
    ['new', edge(), undefined, ['new']],
    ['gone', undefined, edge(), ['gone']],
    ['one call that is gone', undefined, edge({ callCount: 1 }), []],
  ])('%s', (_, now, before, want) => {
    expect(changesOf(now, before).map(({ short }) => short)).toEqual(want);
  });

  test('what is gone is still in the map, and nothing is compared where nothing was asked', () => {
    const before = map([node('web'), node('orders'), node('old')], [edge(), edge({ target: 'service:old' })]);
    const now = map([node('web'), node('orders')], [edge()]);
    expect(viewOf(now, before).nodes.map(({ name }) => name)).toEqual(['web', 'orders', 'old']);
    expect(viewOf(now, before).lines.map(({ changes }) => changes.length)).toEqual([0, 1]);
    expect(viewOf(now, undefined).lines).toHaveLength(1);
  });
});

describe('what is drawn', () => {
  const services = Array.from({ length: 100 }, (_, i) => node(`s${i}`, { requestRate: 100 - i }));
  const edges = services
    .slice(1)
    .map(({ id }, i) => edge({ source: services[Math.floor(i / 3)]!.id, target: id, errorCount: i === 98 ? 300 : 0 }));
  const view = viewOf(map(services, edges), undefined);

  test('of a hundred services the busiest, and those in trouble', () => {
    const drawn = drawnMap(view, 40);
    expect(drawn.nodes).toHaveLength(40);
    expect(drawn.leftOut).toBe(60);
    const names = drawn.nodes.map(({ name }) => name);
    expect(names).toContain('s99');
    expect(names).toContain('s0');
    const frames = mapFrames(drawn);
    expect(frames.nodes.length).toBe(40);
    expect(frames.edges.length).toBe(drawn.lines.length);
  });

  test('a name narrows it to those and their neighbours', () => {
    const { nodes, lines } = filteredView(view, 'S99');
    expect(nodes.map(({ name }) => name)).toEqual(['s32', 's99']);
    expect(lines).toHaveLength(1);
    expect(filteredView(view, ' ').nodes).toHaveLength(100);
  });

  test('each line has its figures as text, and a row in the table', () => {
    const failing = viewOf(
      map(
        [node('web'), node('shop', { kind: 'database', system: 'postgresql' })],
        [edge({ target: 'database:postgresql/shop', errorCount: 100 })],
      ),
      undefined,
    );
    const { edges: drawn, nodes } = mapFrames(drawnMap(failing));
    expect(drawn.fields.find(({ name }) => name === 'text')).toMatchObject({
      values: ['10.0/s · 10%\n5.00 ms / 20.0 ms'],
    });
    expect(drawn.fields.find(({ name }) => name === 'tone')).toMatchObject({ values: ['error'] });
    expect(nodes.fields.find(({ name }) => name === 'icon')).toMatchObject({ values: ['sql', ''] });
    const rows = linesFrame(failing.lines);
    expect(rows.fields.find(({ name }) => name === 'kind')).toMatchObject({ values: ['postgresql'] });
  });
});
