import type { HostDescription } from '#component';
import { printDuration } from '#config';
import type { Table } from './html.ts';

/** What one address shows: as data for machines and as tables for humans. */
export interface View {
  readonly title: string;
  readonly data: unknown;
  readonly tables: readonly Table[];
}

export function serviceView(host: HostDescription, nowMs: number): View {
  const data = {
    version: host.version,
    ready: host.ready,
    startTime: new Date(host.startTimeMs).toISOString(),
    uptime: printDuration(Math.round(Math.max(0, nowMs - host.startTimeMs))),
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
    pid: process.pid,
  };
  const rows = Object.entries(data).map(([name, value]) => [name, value]);
  return {
    title: 'Service',
    data,
    tables: [{ title: 'Runtime', columns: ['What', 'Value'], rows, empty: '' }, statusTable(host, () => true)],
  };
}

export function pipelinesView(host: HostDescription): View {
  return {
    title: 'Pipelines',
    data: { pipelines: host.pipelines, statuses: host.statuses },
    tables: [
      {
        title: 'Pipelines',
        columns: ['Pipeline', 'Signal', 'Mutates data', 'Receivers', 'Processors', 'Exporters'],
        rows: host.pipelines.map((pipeline) => [
          pipeline.id,
          pipeline.signal,
          pipeline.mutatesData,
          pipeline.receivers,
          pipeline.processors,
          pipeline.exporters,
        ]),
        empty: 'There is no pipeline.',
      },
      statusTable(host, ({ kind }) => kind !== 'extension'),
    ],
  };
}

export function extensionsView(host: HostDescription): View {
  return {
    title: 'Extensions',
    data: { extensions: host.extensions, statuses: host.statuses.filter(({ kind }) => kind === 'extension') },
    tables: [
      {
        title: 'Extensions',
        columns: ['Extension'],
        rows: host.extensions.map((id) => [id]),
        empty: 'There is no extension.',
      },
      statusTable(host, ({ kind }) => kind === 'extension'),
    ],
  };
}

export function featuresView(): View {
  const empty = 'Signalbox has no feature gates: what it can do is always on.';
  return {
    title: 'Features',
    data: { features: [] },
    tables: [{ title: 'Feature gates', columns: ['Id', 'Enabled'], rows: [], empty }],
  };
}

/** The collector makes no spans of its own; changes of status are the nearest to "what went wrong lately". */
export function tracesView(host: HostDescription): View {
  const troubles = host.statuses.filter(({ status }) => status.endsWith('_error'));
  return {
    title: 'Traces',
    data: { spans: [], troubles },
    tables: [
      {
        title: 'Spans of the collector itself',
        columns: [],
        rows: [],
        empty: 'The collector makes no spans of its own. Its metrics say how much it takes, sends and loses.',
      },
      { ...statusTable(host, ({ status }) => status.endsWith('_error')), title: 'Components in trouble' },
    ],
  };
}

/** In the shape of Go's expvar, as far as Node has the same. No command line: it may hold secrets. */
export function expvarData(): object {
  const memory = process.memoryUsage();
  const usage = process.resourceUsage();
  return {
    memstats: {
      Sys: memory.rss,
      HeapAlloc: memory.heapUsed,
      HeapSys: memory.heapTotal,
      External: memory.external,
      ArrayBuffers: memory.arrayBuffers,
    },
    cpu: { userMicros: usage.userCPUTime, systemMicros: usage.systemCPUTime },
    uptimeSeconds: process.uptime(),
    versions: { ...process.versions },
  };
}

function statusTable(host: HostDescription, wanted: (status: HostDescription['statuses'][number]) => boolean): Table {
  return {
    title: 'Status',
    columns: ['Component', 'Pipeline', 'Status', 'Since', 'Message'],
    rows: host.statuses
      .filter(wanted)
      .map(({ kind, id, pipeline, status, sinceMs, message }) => [
        `${kind} ${id}`,
        pipeline,
        status,
        new Date(sinceMs).toISOString(),
        message,
      ]),
    empty: 'Nothing to show.',
  };
}
