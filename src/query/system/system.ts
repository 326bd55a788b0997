/** The system itself: the pipelines with their rates, what was lost, and the store. */

import type {
  ComponentView,
  PipelineView,
  ProcessView,
  Series,
  SignalName,
  SystemHistory,
  SystemView,
  TimeGrid,
} from '../answers/index.ts';
import { chooseGrid } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { ITEMS, SIGNALS, type TimeRange } from '../source/index.ts';
import { lossesOf } from './losses.ts';
import { type OwnMetrics, type OwnSeries, readOwnMetrics, totalIncrease } from './own-metrics.ts';
import { readSignals } from './status.ts';
import { readEngine, readStoreView } from './store-view.ts';

const COMPONENT_STATUSES = [
  'starting',
  'ok',
  'recoverable_error',
  'permanent_error',
  'fatal_error',
  'stopping',
  'stopped',
] as const;
const SYSTEM_BUCKETS = 120;
/** Own metrics come every 5 s, so narrower buckets would be empty, or hold the growth of more than their own time. */
const MIN_STEP_MS = 10_000;
/** Own metrics come every 5 s: a part of the graph that was silent for longer is gone. */
const SILENT_MS = 20_000;
/** What is said of now is read from so much time before it, whatever range is shown. */
const NOW_MS_BACK = 120_000;

/** What the store knows of the system. Throws QueryError. */
export async function readSystem(
  reader: StoreReader,
  query: TimeRange & { readonly nowMs: number },
  options?: ReadOptions,
): Promise<SystemView> {
  const grid = gridOver(query);
  const present = { fromMs: Math.max(0, query.nowMs - NOW_MS_BACK), toMs: query.nowMs + 1 };
  const [own, now, store, signals, engine] = await Promise.all([
    readOwnMetrics(reader, query, grid, options),
    readOwnMetrics(reader, present, gridOver(present), options),
    readStoreView(reader, options),
    readSignals(reader, query.nowMs, options),
    readEngine(reader, options),
  ]);
  // A collector that is not there now is shown as it was.
  const running = currentPlaces(now);
  const places = running.length > 0 ? running : currentPlaces(own);
  const lagMs = lagOf(now);
  const freshness = (signal: SignalName) => {
    const { newestMs } = signals[signal];
    return { ...(newestMs !== undefined && { newestMs }), ...(lagMs !== undefined && { lagMs }) };
  };
  return {
    grid,
    pipelines: pipelinesOf(own, places),
    components: componentsOf(own, now, places),
    losses: lossesOf(own),
    history: historyOf(own),
    processes: [...processesOf(now), ...(engine === undefined ? [] : [engine])],
    store,
    freshness: { traces: freshness('traces'), logs: freshness('logs'), metrics: freshness('metrics') },
  };
}

function gridOver(range: TimeRange): TimeGrid {
  const bucketCount = Math.max(1, Math.floor((range.toMs - range.fromMs) / MIN_STEP_MS));
  return chooseGrid(range, Math.min(SYSTEM_BUCKETS, bucketCount));
}

/** The view where nothing is known. */
export function emptySystem(range: TimeRange): SystemView {
  return {
    grid: gridOver(range),
    pipelines: [],
    components: [],
    losses: [],
    processes: [],
    store: {
      available: false,
      message: '',
      problems: [],
      tables: [],
      itemCount: { traces: 0, logs: 0, metrics: 0 },
      bytesPerItem: { traces: 0, logs: 0, metrics: 0 },
    },
    history: { restarts: [], spoolBytes: [], lagSeconds: [] },
    freshness: { traces: {}, logs: {}, metrics: {} },
  };
}

/** A component at its place in a pipeline, as `signalbox.pipeline.component` says. */
interface Place {
  readonly pipeline: string;
  readonly signal: SignalName;
  readonly kind: ComponentView['kind'];
  readonly componentId: string;
  /** On which side of the pipeline a connector stands. */
  readonly role: string;
  readonly position: number;
  readonly status: ComponentView['status'];
  readonly statusMessage: string;
  readonly newestMs: number;
}

/** The places of the graph that runs now (or ran last): the newest point of each. */
function currentPlaces(own: OwnMetrics): readonly Place[] {
  const all = own.find('signalbox.pipeline.component').map(placeOf);
  const newestMs = all.reduce((max, place) => Math.max(max, place.newestMs), 0);
  const places = new Map<string, Place>();
  for (const place of all) {
    if (newestMs - place.newestMs > SILENT_MS) continue;
    const key = [place.pipeline, place.role, place.kind, place.componentId].join('\n');
    const known = places.get(key);
    if (known === undefined || place.newestMs > known.newestMs) places.set(key, place);
  }
  return [...places.values()].sort((a, b) => a.pipeline.localeCompare(b.pipeline) || a.position - b.position);
}

function placeOf({ labels, newestMs }: OwnSeries): Place {
  const signal = SIGNALS.find((name) => name === labels['otelcol.signal']) ?? 'traces';
  return {
    pipeline: labels['otelcol.pipeline.id'] ?? '',
    signal,
    kind: (labels['otelcol.component.kind'] ?? 'extension') as ComponentView['kind'],
    componentId: labels['otelcol.component.id'] ?? '',
    role: labels['signalbox.role'] ?? '',
    position: Number(labels['signalbox.position'] ?? 0),
    status: COMPONENT_STATUSES.find((status) => status === labels['signalbox.status']) ?? 'starting',
    statusMessage: labels['signalbox.status.message'] ?? '',
    newestMs,
  };
}

/** Processors are one instance per pipeline; all other components stand in several. */
function viewId(place: Place): string {
  const id = `${place.kind}/${place.componentId}`;
  return place.kind === 'processor' ? `${id}@${place.pipeline}` : id;
}

function pipelinesOf(own: OwnMetrics, places: readonly Place[]): readonly PipelineView[] {
  const groups = Map.groupBy(
    places.filter((place) => place.pipeline !== ''),
    (place) => place.pipeline,
  );
  return [...groups].map(([id, members]) => {
    const inRole = (role: string): readonly string[] => members.filter((place) => place.role === role).map(viewId);
    return {
      id,
      signal: members[0]!.signal,
      receivers: inRole('receiver'),
      processors: inRole('processor'),
      exporters: inRole('exporter'),
      rate: own.rate(enteredSeries(own, id, members)),
    };
  });
}

/** The counters of what entered a pipeline: at its first processor, or else at its receivers. */
function enteredSeries(own: OwnMetrics, pipeline: string, members: readonly Place[]): readonly OwnSeries[] {
  const processor = members.find((place) => place.role === 'processor');
  if (processor !== undefined) {
    return own.find('otelcol.processor.consumed.items', {
      'otelcol.component.id': processor.componentId,
      'otelcol.pipeline.id': pipeline,
    });
  }
  return members
    .filter((place) => place.role === 'receiver')
    .flatMap((place) =>
      place.kind === 'connector'
        ? own.find('otelcol.connector.produced.items', {
            'otelcol.component.id': place.componentId,
            'otelcol.pipeline.id': pipeline,
          })
        : own.find('otelcol.receiver.produced.items', {
            'otelcol.component.id': place.componentId,
            'otelcol.signal': place.signal,
          }),
    );
}

function componentsOf(own: OwnMetrics, now: OwnMetrics, places: readonly Place[]): readonly ComponentView[] {
  const first = new Map<string, Place>();
  for (const place of places) if (!first.has(viewId(place))) first.set(viewId(place), place);
  return [...first].map(([id, place]) => {
    const counters = countersOf(own, place);
    const queue = place.kind === 'exporter' ? queueOf(now, place.componentId) : {};
    return {
      id,
      kind: place.kind,
      componentId: place.componentId,
      pipeline: place.kind === 'processor' ? place.pipeline : '',
      status: place.status,
      statusMessage: place.statusMessage,
      inRate: own.rate(counters.in),
      outRate: own.rate(counters.out),
      ...queue,
      refusedCount: totalIncrease(counters.refused),
      failedCount: totalIncrease(counters.failed),
    };
  });
}

interface Counters {
  readonly in: readonly OwnSeries[];
  readonly out: readonly OwnSeries[];
  readonly refused: readonly OwnSeries[];
  readonly failed: readonly OwnSeries[];
}

function countersOf(own: OwnMetrics, place: Place): Counters {
  const { componentId, pipeline } = place;
  const perSignal = (name: string, labels: { readonly [key: string]: string }): readonly OwnSeries[] =>
    SIGNALS.flatMap((signal) => own.find(`${name}_${ITEMS[signal]}`, labels));
  const id = { 'otelcol.component.id': componentId };
  switch (place.kind) {
    case 'receiver': {
      const labels = { receiver: componentId };
      const refused = perSignal('otelcol_receiver_refused', labels);
      const accepted = perSignal('otelcol_receiver_accepted', labels);
      return {
        in: [...accepted, ...refused],
        out: own.find('otelcol.receiver.produced.items', { ...id, outcome: 'success' }),
        refused,
        failed: perSignal('otelcol_receiver_failed', labels),
      };
    }
    case 'processor': {
      const labels = { ...id, 'otelcol.pipeline.id': pipeline };
      const consumed = own.find('otelcol.processor.consumed.items', labels);
      return {
        in: consumed,
        out: own.find('otelcol.processor.produced.items', { ...labels, outcome: 'success' }),
        refused: consumed.filter((one) => one.labels['outcome'] === 'refused'),
        failed: consumed.filter((one) => one.labels['outcome'] === 'failure'),
      };
    }
    case 'exporter': {
      const labels = { exporter: componentId };
      return {
        in: own.find('otelcol.exporter.consumed.items', id),
        out: perSignal('otelcol_exporter_sent', labels),
        refused: perSignal('otelcol_exporter_enqueue_failed', labels),
        failed: perSignal('otelcol_exporter_send_failed', labels),
      };
    }
    case 'connector': {
      const consumed = own.find('otelcol.connector.consumed.items', id);
      return {
        in: consumed,
        out: own.find('otelcol.connector.produced.items', id),
        refused: consumed.filter((one) => one.labels['outcome'] === 'refused'),
        failed: consumed.filter((one) => one.labels['outcome'] === 'failure'),
      };
    }
    case 'extension':
      return { in: [], out: [], refused: [], failed: [] };
  }
}

function queueOf(now: OwnMetrics, exporter: string): { readonly queueSize?: number; readonly queueCapacity?: number } {
  const newest = (name: string): number | undefined => {
    const series = now.find(name, { exporter });
    return series.length === 0 ? undefined : series.reduce((sum, one) => sum + one.last, 0);
  };
  const queueSize = newest('otelcol_exporter_queue_size');
  const queueCapacity = newest('otelcol_exporter_queue_capacity');
  return { ...(queueSize !== undefined && { queueSize }), ...(queueCapacity !== undefined && { queueCapacity }) };
}

function processesOf(now: OwnMetrics): readonly ProcessView[] {
  const [uptime] = newestFirst(now.find('otelcol_process_uptime'));
  if (uptime === undefined) return [];
  const [memory] = newestFirst(now.find('otelcol_process_memory_rss'));
  const [cpu] = newestFirst(now.find('otelcol_process_cpu_seconds'));
  return [
    {
      role: 'collector',
      uptimeS: uptime.last,
      cpuPercent: cpu === undefined ? 0 : cpuPercent(cpu),
      rssBytes: memory?.last ?? 0,
    },
  ];
}

function newestFirst(series: readonly OwnSeries[]): readonly OwnSeries[] {
  return [...series].sort((a, b) => b.newestMs - a.newestMs);
}

/** From the last two buckets that have values. */
function cpuPercent({ cells }: OwnSeries): number {
  const [last, before] = [...cells.values()].sort((a, b) => b.atMs - a.atMs);
  if (last === undefined || before === undefined || last.atMs === before.atMs) return 0;
  return Math.max(0, ((last.last - before.last) / ((last.atMs - before.atMs) / 1000)) * 100);
}

/** The age of the oldest data that is not in the store yet, as the exporter says. */
function lagOf(now: OwnMetrics): number | undefined {
  const [lag] = newestFirst(now.find('otelcol_signalbox_store_lag'));
  return lag === undefined ? undefined : lag.last * 1000;
}

function historyOf(own: OwnMetrics): SystemHistory {
  const starts = Map.groupBy(own.find('signalbox.process.restarts'), ({ labels }) => labels['signalbox.role'] ?? '');
  return {
    restarts: [...starts]
      .map(([role, series]) => ({ role, values: growth(own.level(series), series) }))
      .sort((a, b) => a.role.localeCompare(b.role)),
    spoolBytes: own.level(own.find('otelcol_signalbox_store_spool_bytes')),
    lagSeconds: own.level(own.find('otelcol_signalbox_store_lag')),
  };
}

/**
 * How much a count rose from bucket to bucket, and within the first one. One that fell began again at zero, with its process. Levels rather
 * than each series' own growth, because the collector that counts may itself be new.
 */
function growth(levels: Series, series: readonly OwnSeries[]): Series {
  let before: number | undefined;
  return levels.map((level, bucket) => {
    if (level === null) return null;
    const within = Math.max(...series.map(({ cells }) => cells.get(bucket)?.increase ?? 0));
    const grown = before === undefined ? within : level < before ? level : level - before;
    before = level;
    return grown;
  });
}
