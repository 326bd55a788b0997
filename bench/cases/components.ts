import { inTurns, type Line, type Measured, measureLoad } from '../lib/beside.ts';
import { type CollectorName, startCollector } from '../lib/collectors.ts';
import { type ConfigurationParts, collectorConfiguration } from '../lib/configuration.ts';
import { sleep } from '../lib/processes.ts';
import type { BenchCase } from '../lib/report.ts';

/** A line for each connector and exporter that has no figure to reach: OTLP/HTTP in, and what it makes goes to `debug` or stays with it. */

const EFFORT = { warmUpRequests: 200, requests: 800 };
const ROUNDS = 2;

interface ComponentLine extends Line {
  readonly signal: 'traces' | 'logs' | 'metrics';
  readonly parts: Omit<ConfigurationParts, 'pipelines'> & Partial<Pick<ConfigurationParts, 'pipelines'>>;
}

const LINES: readonly ComponentLine[] = [
  connector('`count`: spans by service and route', 'count', {
    spans: { 'shop.spans': { attributes: [{ key: 'service.name' }, { key: 'http.route' }] } },
  }),
  connector('`service_graph`', 'servicegraph', {
    metrics_flush_interval: '5s',
    store: { ttl: '2s', max_items: 100_000 },
  }),
  {
    what: '`forward` to a pipeline with `debug`',
    signal: 'traces',
    parts: {
      connectors: { forward: {} },
      exporters: { debug: {} },
      pipelines: { traces: { exporters: ['forward'] }, 'traces/2': { receivers: ['forward'], exporters: ['debug'] } },
    },
  },
  exporter('`file` in JSON', 'traces', { file: { path: '/dev/null' } }),
  exporter('`file` in protobuf', 'traces', { file: { path: '/dev/null', format: 'proto' } }),
  exporter('`debug`', 'traces', { debug: {} }),
  exporter('`prometheus`: 8,000 series, nobody scrapes', 'metrics', { prometheus: { endpoint: '127.0.0.1:0' } }),
];

function connector(what: string, type: string, config: object): ComponentLine {
  return {
    what,
    signal: 'traces',
    parts: {
      connectors: { [type]: config },
      exporters: { debug: {} },
      pipelines: { traces: { exporters: [type] }, metrics: { receivers: [type], exporters: ['debug'] } },
    },
  };
}

function exporter(
  what: string,
  signal: ComponentLine['signal'],
  exporters: Readonly<Record<string, object>>,
): ComponentLine {
  return { what, signal, parts: { exporters } };
}

export const componentsCase: BenchCase = { name: 'components', run: () => inTurns(LINES, ROUNDS, measure) };

async function measure({ signal, parts }: ComponentLine, collector: CollectorName): Promise<Measured> {
  const exporters = { ...parts.exporters, ...(signal !== 'traces' && { debug: {} }) };
  const running = await startCollector(
    collector,
    collectorConfiguration({
      ...parts,
      exporters,
      // The listener of traces answers, too, whatever is measured: that is how the start is seen.
      pipelines: parts.pipelines ?? {
        ...(signal !== 'traces' && { traces: { exporters: ['debug'] } }),
        [signal]: { exporters: Object.keys(parts.exporters) },
      },
    }),
  );
  try {
    return await measureLoad({
      collector,
      running,
      load: {
        url: running.urlOf(signal),
        signal,
        spansPerTrace: 10,
        // Points of a series must come in order.
        concurrency: signal === 'metrics' ? 1 : 16,
      },
      effort: EFFORT,
      settle: () => sleep(300),
    });
  } finally {
    await running.stop();
  }
}
