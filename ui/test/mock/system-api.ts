/** The mock's view of the system itself: four pipelines, one of them with a sampler and a slow exporter. */
import type { ComponentView, PipelineView, SystemResponse, TimeGrid } from '#api/types.ts';
import { createRandom } from './random.ts';
import { gridOf, type Range } from './range.ts';

export function system(range: Range, nowMs: number): SystemResponse {
  const grid = gridOf(range, 60);
  const rate = (level: number, seed: number): number[] => wave(grid, level, seed);
  const pipelines: PipelineView[] = [
    {
      id: 'traces',
      signal: 'traces',
      receivers: ['receiver/otlp'],
      processors: ['processor/memory_limiter@traces', 'processor/tail_sampling@traces', 'processor/batch@traces'],
      exporters: ['exporter/signalbox', 'exporter/otlphttp/backup'],
      rate: rate(4120, 1),
    },
    {
      id: 'metrics',
      signal: 'metrics',
      receivers: ['receiver/otlp', 'receiver/prometheus/self'],
      processors: ['processor/memory_limiter@metrics', 'processor/batch@metrics'],
      exporters: ['exporter/signalbox'],
      rate: rate(860, 2),
    },
    {
      id: 'logs',
      signal: 'logs',
      receivers: ['receiver/otlp'],
      processors: ['processor/memory_limiter@logs', 'processor/attributes/redact@logs', 'processor/batch@logs'],
      exporters: ['exporter/signalbox', 'exporter/debug'],
      rate: rate(2310, 3),
    },
  ];
  const components: ComponentView[] = [
    component('receiver', 'otlp', '', rate(7290, 4), rate(7278, 4), { refusedCount: 420 }),
    component('receiver', 'prometheus/self', '', rate(24, 5), rate(24, 5)),
    component('processor', 'memory_limiter', 'traces', rate(4120, 1), rate(4108, 1), { refusedCount: 420 }),
    component('processor', 'tail_sampling', 'traces', rate(4108, 1), rate(1240, 6)),
    component('processor', 'batch', 'traces', rate(1240, 6), rate(1240, 6)),
    component('processor', 'memory_limiter', 'metrics', rate(860, 2), rate(860, 2)),
    component('processor', 'batch', 'metrics', rate(860, 2), rate(860, 2)),
    component('processor', 'memory_limiter', 'logs', rate(2310, 3), rate(2310, 3)),
    component('processor', 'attributes/redact', 'logs', rate(2310, 3), rate(2310, 3)),
    component('processor', 'batch', 'logs', rate(2310, 3), rate(2310, 3)),
    component('exporter', 'signalbox', '', rate(4410, 7), rate(4410, 7), { queueSize: 41, queueCapacity: 1000 }),
    component('exporter', 'otlphttp/backup', '', rate(1240, 6), rate(1105, 8), {
      queueSize: 862,
      queueCapacity: 1000,
      failedCount: 12_840,
      status: 'recoverable_error',
      statusMessage: 'backup.example.com:4318 answers 503; retrying in 12 s',
    }),
    component('exporter', 'debug', '', rate(2310, 3), rate(2310, 3)),
  ];
  return {
    nowMs,
    grid,
    history: {
      restarts: [
        { role: 'collector', values: Array.from({ length: grid.count }, () => 0) },
        { role: 'engine', values: Array.from({ length: grid.count }, (_, i) => (i === 20 ? 1 : 0)) },
      ],
      spoolBytes: rate(2_400_000, 9),
      lagSeconds: rate(0.6, 10),
    },
    pipelines,
    components,
    losses: [
      {
        component: 'exporter/otlphttp/backup',
        signal: 'traces',
        reason: '503 Service Unavailable',
        count: 12_840,
        kind: 'retried',
      },
      {
        component: 'processor/tail_sampling@traces',
        signal: 'traces',
        reason: 'no policy kept it',
        count: 9_841_220,
        kind: 'sampled_out',
      },
      {
        component: 'processor/memory_limiter@traces',
        signal: 'traces',
        reason: 'memory above 80% of the limit',
        count: 420,
        kind: 'refused',
      },
      { component: 'receiver/otlp', signal: 'traces', reason: 'span id is not 8 bytes', count: 17, kind: 'refused' },
      { component: 'exporter/otlphttp/backup', signal: 'traces', reason: 'queue full', count: 96, kind: 'dropped' },
    ],
    processes: [
      { role: 'supervisor', uptimeS: 187_220, cpuPercent: 0.1, rssBytes: 58 * 2 ** 20 },
      { role: 'collector', uptimeS: 187_219, cpuPercent: 34.2, rssBytes: 142 * 2 ** 20 },
      { role: 'engine', uptimeS: 187_218, cpuPercent: 18.6, rssBytes: 611 * 2 ** 20 },
      { role: 'server', uptimeS: 3_720, cpuPercent: 2.4, rssBytes: 96 * 2 ** 20 },
    ],
    store: {
      available: true,
      message: '',
      diskFreeBytes: 214 * 2 ** 30,
      problems: [],
      tables: [
        {
          name: 'spans',
          signal: 'traces',
          rows: 412_889_201,
          bytesOnDisk: 19.4 * 2 ** 30,
          activeBytesOnDisk: 19.4 * 2 ** 30,
          bytesUncompressed: 188 * 2 ** 30,
          parts: 41,
          oldestMs: nowMs - 6.9 * 86_400_000,
          newestMs: nowMs - 1_100,
          retention: '7 d',
        },
        {
          name: 'logs',
          signal: 'logs',
          rows: 1_204_551_870,
          bytesOnDisk: 31.2 * 2 ** 30,
          activeBytesOnDisk: 31.2 * 2 ** 30,
          bytesUncompressed: 402 * 2 ** 30,
          parts: 38,
          oldestMs: nowMs - 6.9 * 86_400_000,
          newestMs: nowMs - 900,
          retention: '7 d',
        },
        {
          name: 'metric_points',
          signal: 'metrics',
          rows: 2_881_204_412,
          bytesOnDisk: 6.1 * 2 ** 30,
          activeBytesOnDisk: 6.1 * 2 ** 30,
          bytesUncompressed: 92 * 2 ** 30,
          parts: 52,
          oldestMs: nowMs - 29 * 86_400_000,
          newestMs: nowMs - 4_100,
          retention: '30 d',
        },
        {
          name: 'metric_series',
          signal: 'metrics',
          rows: 84_120,
          bytesOnDisk: 12 * 2 ** 20,
          activeBytesOnDisk: 12 * 2 ** 20,
          bytesUncompressed: 61 * 2 ** 20,
          parts: 3,
          oldestMs: nowMs - 29 * 86_400_000,
          newestMs: nowMs - 4_100,
          retention: '30 d',
        },
        {
          name: 'state',
          signal: 'other',
          rows: 212,
          bytesOnDisk: 48_211,
          activeBytesOnDisk: 48_211,
          bytesUncompressed: 190_022,
          parts: 2,
          retention: 'kept',
        },
      ],
      itemCount: { traces: 412_889_201, logs: 1_204_551_870, metrics: 2_881_204_412 },
      bytesPerItem: { traces: 50.4, logs: 27.8, metrics: 2.3 },
    },
    freshness: {
      traces: { newestMs: nowMs - 1_100, lagMs: 1_100 },
      logs: { newestMs: nowMs - 900, lagMs: 900 },
      metrics: { newestMs: nowMs - 4_100, lagMs: 4_100 },
    },
  };
}

function component(
  kind: ComponentView['kind'],
  componentId: string,
  pipeline: string,
  inRate: number[],
  outRate: number[],
  more: Partial<ComponentView> = {},
): ComponentView {
  return {
    id: pipeline === '' ? `${kind}/${componentId}` : `${kind}/${componentId}@${pipeline}`,
    kind,
    componentId,
    pipeline,
    status: 'ok',
    statusMessage: '',
    inRate,
    outRate,
    refusedCount: 0,
    failedCount: 0,
    ...more,
  };
}

function wave(grid: TimeGrid, level: number, seed: number): number[] {
  return Array.from({ length: grid.count }, (_, i) => {
    const timeMs = grid.startMs + i * grid.stepMs;
    return (
      level *
      (1 +
        0.18 * Math.sin(timeMs / 600_000 + seed) +
        0.08 * (createRandom(Math.floor(timeMs / 1000) + seed).next() - 0.5))
    );
  });
}
