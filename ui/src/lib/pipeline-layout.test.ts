import { describe, expect, test } from 'vitest';
import type { ComponentView, PipelineView } from '#api/types.ts';
import { lastValue, layoutPipelines, NODE_HEIGHT, NODE_WIDTH } from './pipeline-layout.ts';

function pipeline(id: string, receivers: string[], processors: string[], exporters: string[]): PipelineView {
  return { id, signal: 'traces', receivers, processors, exporters, rate: [10, 20, 3] };
}

function component(id: string, outRate: number[]): ComponentView {
  return {
    id,
    kind: 'processor',
    componentId: id,
    pipeline: '',
    status: 'ok',
    statusMessage: '',
    inRate: [],
    outRate,
    refusedCount: 0,
    failedCount: 0,
  };
}

const PIPELINES = [
  pipeline('traces', ['otlp'], ['limit@traces', 'batch@traces'], ['store', 'backup']),
  pipeline('logs', ['otlp', 'file'], ['batch@logs'], ['store']),
];

describe('the drawing of the pipelines', () => {
  const layout = layoutPipelines(PIPELINES, [component('limit@traces', [7, 8, 1])], 1000);
  const at = (id: string) => layout.nodes.find((node) => node.id === id)!;

  test('has each component once', () => {
    expect(layout.nodes.map(({ id }) => id).sort()).toEqual([
      'backup',
      'batch@logs',
      'batch@traces',
      'file',
      'limit@traces',
      'otlp',
      'store',
    ]);
  });

  test('has receivers left, exporters right, a lane per pipeline', () => {
    expect(at('otlp').x).toBe(0);
    expect(at('store').x).toBe(layout.width - NODE_WIDTH);
    expect(at('limit@traces').y).toBe(at('batch@traces').y);
    expect(at('batch@logs').y).toBeGreaterThan(at('batch@traces').y);
  });

  test('lets no two parts overlap and keeps all inside', () => {
    for (const a of layout.nodes) {
      expect(a.x + NODE_WIDTH).toBeLessThanOrEqual(layout.width);
      expect(a.y + NODE_HEIGHT).toBeLessThanOrEqual(layout.height);
      for (const b of layout.nodes) {
        if (a !== b) expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
      }
    }
  });

  test('has an edge per connection, with the rate of what flows there', () => {
    const rates = new Map(layout.edges.map(({ from, to, rate }) => [`${from.id} ${to.id}`, rate]));
    expect([...rates.keys()].sort()).toEqual(
      [
        'otlp limit@traces',
        'limit@traces batch@traces',
        'batch@traces store',
        'batch@traces backup',
        'otlp batch@logs',
        'file batch@logs',
        'batch@logs store',
      ].sort(),
    );
    expect(rates.get('otlp limit@traces')).toBe(20);
    expect(rates.get('limit@traces batch@traces')).toBe(8);
    expect(rates.get('batch@traces store')).toBeUndefined();
  });

  test('grows when the room is too small, and bears pipelines without processors and none at all', () => {
    expect(layoutPipelines(PIPELINES, [], 100).width).toBeGreaterThan(4 * NODE_WIDTH);
    expect(layoutPipelines([pipeline('x', ['in'], [], ['out'])], [], 800).edges).toHaveLength(1);
    expect(layoutPipelines([], [], 800).nodes).toEqual([]);
  });
});

test('the last value is that of the last full bucket', () => {
  expect(lastValue([1, 2, 3])).toBe(2);
  expect(lastValue([1, null, 3])).toBe(1);
  expect(lastValue([5])).toBe(5);
  expect(lastValue([])).toBeUndefined();
  expect(lastValue([null, null])).toBeUndefined();
});
