/** A frame made by hand for each drawing, with a word that its drawing must show, and whether it is a canvas that must have pixels. */
import type { Figure } from '../../src/lib/figure.ts';
import type { Field, Frame } from '../../src/lib/frame.ts';
import type { VizProps, VizType } from '../../src/viz/registry.ts';

export interface Sample<T extends VizType> {
  readonly props: VizProps[T];
  readonly word?: string;
  readonly isCanvas?: true;
}

const START_MS = 1_760_000_000_000;
const MINUTE_MS = 60_000;
const range = {
  fromMs: START_MS,
  toMs: START_MS + 4 * MINUTE_MS,
  nowMs: START_MS + 4 * MINUTE_MS,
  onZoom: () => undefined,
};

const text = (name: string, values: readonly string[]): Field => ({ name, type: 'text', values });
const number = (name: string, unit: string, values: readonly (number | null)[]): Field => ({
  ...{ name, type: 'number', unit, values },
});
const frameOf = (name: string, fields: readonly Field[], more: Partial<Frame> = {}): Frame => {
  const [first] = fields;
  return { name, length: first?.type === 'enum' ? first.indices.length : (first?.values.length ?? 0), fields, ...more };
};
const times: Field = { name: 'time', type: 'time', values: [0, 1, 2, 3].map((i) => START_MS + i * MINUTE_MS) };
const overTime = (name: string, ...fields: readonly Field[]): Frame =>
  frameOf(name, [times, ...fields], { stepMs: MINUTE_MS });

const figures: readonly Figure[] = [
  { key: 'a', name: 'orders', text: '12.5%', colour: '#c33', share: 0.125, values: [1, 2, null, 4] },
];

export const SAMPLES: { readonly [T in VizType]: Sample<T> } = {
  'bar-gauge': { props: { label: 'bars', figures }, word: '12.5%' },
  gauge: { props: { label: 'gauges', figures, bands: [{ from: 0.8, colour: 'red' }] }, word: '12.5%' },
  tiles: {
    props: { label: 'tiles', figures, colours: 'value', hasTrend: true, shows: 'both', isColumn: false },
    word: '12.5%',
  },
  bars: {
    props: { label: 'bars', frame: overTime('counts', number('Failed', '1', [1, 0, 2, 5])), ...range },
    isCanvas: true,
  },
  columns: {
    props: {
      label: 'columns',
      frame: frameOf('sizes', [
        text('name', ['orders', 'cart']),
        number('now', 'By', [2048, 10]),
        number('then', 'By', [5, null]),
      ]),
      isStacked: true,
    },
    isCanvas: true,
    word: 'then',
  },
  details: {
    props: {
      label: 'details',
      frame: frameOf('details', [
        text('key', ['http.route', 'retries']),
        { name: 'value', type: 'value', values: ['/api/cart', { of: [1, null] }] },
      ]),
    },
    word: '/api/cart',
  },
  figures: {
    props: { frame: frameOf('figures', [number('p95', 'ns', [1_500_000]), number('rate', '{request}/s', [12])]) },
    word: '1.50 ms',
  },
  graph: {
    props: {
      label: 'graph',
      frames: {
        nodes: frameOf('nodes', [
          text('id', ['a', 'b']),
          text('title', ['web', 'orders']),
          text('note', ['', '2% fail']),
        ]),
        edges: frameOf('edges', [
          text('source', ['a']),
          text('target', ['b']),
          number('rate', '{request}/s', [40]),
          number('label', '{request}/s', [40]),
        ]),
      },
    },
    word: '40.0/s',
  },
  heatmap: {
    props: {
      label: 'heatmap',
      frame: overTime('buckets', number('5 ms', '1', [1, 9, 3, 0]), number('∞', '1', [0, 0, 1, 1])),
      ...range,
    },
    isCanvas: true,
  },
  logs: {
    props: {
      frame: frameOf('logs', [
        text('id', ['1']),
        { name: 'time', type: 'time', values: [START_MS] },
        number('severity', '1', [17]),
        text('level', ['ERROR']),
        text('service', ['orders']),
        { name: 'body', type: 'value', values: ['payment refused'] },
        { name: 'attributes', type: 'value', values: [{}] },
        { name: 'resource', type: 'value', values: [{}] },
        text('trace', ['']),
        text('span', ['']),
      ]),
    },
    word: 'payment refused',
  },
  pie: {
    props: {
      label: 'pie',
      slices: [
        { key: 'a', name: 'orders', value: 3, text: '3 req/s', colour: 'teal' },
        { key: 'b', name: 'cart', value: 1, text: '1 req/s', colour: 'purple' },
      ],
      isRing: true,
      shows: ['percent'],
    },
    word: '75%',
  },
  ranking: {
    props: {
      label: 'ranking',
      frame: frameOf('calls', [
        text('key', ['orders', 'cart']),
        text('name', ['orders', 'cart']),
        number('count', '1', [200, 50]),
        number('errors', '1', [2, 0]),
        number('rate', '{request}/s', [4, 1]),
      ]),
    },
    word: '4.00/s',
  },
  scatter: {
    props: {
      label: 'scatter',
      ...range,
      frame: frameOf('points', [
        text('key', ['x', 'y']),
        { name: 'time', type: 'time', values: [START_MS + MINUTE_MS, START_MS + 3 * MINUTE_MS] },
        number('duration', 'ns', [4e6, 9e8]),
        number('errors', '1', [0, 1]),
        number('spans', '1', [4, 40]),
      ]),
    },
    isCanvas: true,
  },
  stat: {
    props: { label: 'stat', frame: overTime('stat', number('spans', '{item}/s', [10, 20, 30, 7])) },
    word: '30.0/s',
  },
  states: {
    props: {
      label: 'states',
      frame: overTime('states', { name: 'orders', type: 'enum', indices: [1, 1, 0, 2], texts: ['', 'UP', 'DOWN'] }),
      colours: [['transparent', 'green', 'red']],
      ...{ isCells: false, writesStates: true, thickness: 0.8, height: 120 },
      ...range,
    },
    isCanvas: true,
  },
  table: {
    props: {
      label: 'table',
      frame: frameOf('rows', [
        { name: 'level', type: 'enum', indices: [1, 0], texts: ['fine', 'broken'] },
        number('size', 'By', [2048, null]),
        { name: 'seen', type: 'time', values: [START_MS, START_MS] },
      ]),
    },
    word: '2.00 KiB',
  },
  'time-series': {
    props: { title: 'lines', frame: overTime('lines', number('p95', 'ns', [1e6, null, 3e6, 2e6])), ...range },
    isCanvas: true,
    word: 'p95',
  },
  trace: {
    props: {
      label: 'trace',
      frames: {
        head: {
          traceId: 'f'.repeat(32),
          startNs: `${START_MS}000000`,
          startMs: START_MS,
          durationNs: 100,
          logCount: 0,
        },
        spans: frameOf('spans', [
          text('id', ['a'.repeat(16), 'b'.repeat(16)]),
          number('parent', '1', [-1, 0]),
          number('start', 'ns', [0, 20]),
          number('duration', 'ns', [100, 50]),
          number('kind', '1', [2, 1]),
          number('status', '1', [0, 2]),
          { name: 'service', type: 'enum', indices: [0, 0], texts: ['orders'] },
          { name: 'name', type: 'enum', indices: [0, 1], texts: ['GET /cart', 'SELECT'] },
          { name: 'hint', type: 'enum', indices: [0, 0], texts: [''] },
        ]),
        events: frameOf('events', [
          number('row', '1', []),
          number('time', 'ns', []),
          { name: 'name', type: 'enum', indices: [], texts: [] },
        ]),
      },
    },
    isCanvas: true,
    word: 'GET /cart',
  },
};
