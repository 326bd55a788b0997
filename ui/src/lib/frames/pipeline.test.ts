import { describe, expect, test } from 'vitest';
import type { ComponentView, PipelineView } from '#api/types.ts';
import { type Frame, fieldOf, textAt } from '../frame.ts';
import { pipelineFrames, signalFrame } from './pipeline.ts';

function pipeline(id: string, receivers: string[], processors: string[], exporters: string[]): PipelineView {
  return { id, signal: 'traces', receivers, processors, exporters, rate: [10, 20, 3] };
}

function component(id: string, more: Partial<ComponentView>): ComponentView {
  return {
    ...{ id, kind: 'processor', componentId: id.replace(/@.*/, ''), pipeline: '', status: 'ok', statusMessage: '' },
    ...{ inRate: [], outRate: [], refusedCount: 0, failedCount: 0 },
    ...more,
  };
}

const PIPELINES = [
  pipeline('traces', ['otlp'], ['limit@traces', 'batch@traces'], ['store', 'backup']),
  pipeline('logs', ['otlp', 'file'], ['batch@logs'], ['store']),
];
const COMPONENTS = [
  component('limit@traces', { outRate: [7, 8, 1], queueSize: 9, queueCapacity: 10 }),
  component('store', { kind: 'exporter', status: 'recoverable_error', statusMessage: 'no disk', failedCount: 1200 }),
];

/** A row as an object of texts, by its id. */
function rowOf(frame: Frame, id: string): Record<string, string> {
  const row = fieldOf(frame, 'id', 'text').values.indexOf(id);
  return Object.fromEntries(frame.fields.map(({ name }) => [name, textAt(frame, name, row)]));
}

describe('pipelines as a graph', () => {
  const { nodes, edges } = pipelineFrames({ pipelines: PIPELINES, components: COMPONENTS });
  const placeOf = (id: string) => {
    const { layer, lane } = rowOf(nodes, id);
    return [Number(layer), Number(lane)];
  };

  test('each component stands once: receivers left, exporters right, processors in their pipeline’s lane', () => {
    expect([...fieldOf(nodes, 'id', 'text').values].sort()).toEqual(
      ['backup', 'batch@logs', 'batch@traces', 'file', 'limit@traces', 'otlp', 'store'].sort(),
    );
    expect(placeOf('otlp')).toEqual([0, 0.5]);
    expect(placeOf('file')).toEqual([0, 1]);
    expect(placeOf('batch@traces')).toEqual([2, 0]);
    expect(placeOf('batch@logs')).toEqual([1, 1]);
    expect(placeOf('store')).toEqual([3, 0.5]);
  });

  test('a connector, exporter of one pipeline and receiver of another, stands once and between them', () => {
    const linked = [
      pipeline('b', ['connector/x'], ['q'], ['out']),
      pipeline('a', ['in'], ['p'], ['connector/x', 'out']),
      pipeline('c', ['in'], [], ['out']),
    ];
    const graph = pipelineFrames({ pipelines: linked, components: [] });
    const layers = Object.fromEntries(
      fieldOf(graph.nodes, 'id', 'text').values.map((id) => [id, Number(rowOf(graph.nodes, id).layer)]),
    );
    expect(layers).toEqual({ in: 0, p: 1, 'connector/x': 2, q: 3, out: 4 });
  });

  test('a circle of connectors, which no collector runs, is drawn all the same', () => {
    const circle = [pipeline('a', ['x'], [], ['y']), pipeline('b', ['y'], [], ['x'])];
    expect(pipelineFrames({ pipelines: circle, components: [] }).nodes.length).toBe(2);
  });

  test('a component says what is wrong with it, one of which nothing is known that it is not reported', () => {
    expect(rowOf(nodes, 'store')).toMatchObject({ state: 'warning', note: '1.2k failed', failed: '1,200', share: '–' });
    expect(rowOf(nodes, 'store').about).toContain('no disk');
    expect(rowOf(nodes, 'limit@traces')).toMatchObject({
      title: 'limit',
      state: 'ok',
      note: 'processor · traces',
      share: '90%',
    });
    expect(rowOf(nodes, 'backup')).toMatchObject({ title: 'backup', state: 'unknown', note: 'not reported' });
  });

  test('an edge per connection with what flows there, written once per pipeline', () => {
    const rates = fieldOf(edges, 'rate', 'number').values;
    const labels = fieldOf(edges, 'label', 'number').values;
    const all = fieldOf(edges, 'id', 'text').values.map((id, row) => [id, rates[row], labels[row]]);
    expect(all).toEqual([
      ['traces: otlp limit@traces', 20, 20],
      ['traces: limit@traces batch@traces', 8, 8],
      ['traces: batch@traces store', null, null],
      ['traces: batch@traces backup', null, null],
      ['logs: otlp batch@logs', 20, 20],
      ['logs: file batch@logs', 20, null],
      ['logs: batch@logs store', null, null],
    ]);
    expect(rowOf(edges, 'traces: otlp limit@traces')).toMatchObject({ label: '20.0/s', labelAt: 'target' });
  });

  test('pipelines without processors, and none at all', () => {
    expect(pipelineFrames({ pipelines: [pipeline('x', ['in'], [], ['out'])], components: [] }).edges.length).toBe(1);
    expect(pipelineFrames({ pipelines: [], components: [] }).nodes.length).toBe(0);
  });
});

test('the pipelines of a signal are added up; a bucket without any measure stays a gap', () => {
  const grid = { startMs: 0, stepMs: 1000, count: 3 };
  const pipelines = [pipeline('a', [], [], []), { ...pipeline('b', [], [], []), rate: [1, null, null] }];
  expect(fieldOf(signalFrame({ grid, pipelines }, 'traces'), 'traces', 'number').values).toEqual([11, 20, 3]);
  const gaps = [
    { ...pipeline('a', [], [], []), rate: [1, null, 2] },
    { ...pipelines[1]!, rate: [1, null, null] },
  ];
  expect(fieldOf(signalFrame({ grid, pipelines: gaps }, 'traces'), 'traces', 'number').values).toEqual([2, null, 2]);
  expect(signalFrame({ grid, pipelines }, 'logs').fields).toHaveLength(1);
});
