import { compressSnappy } from '#net';
import { encodeLabels, encodeWriteRequest, encodeWriteRequest2, type WrittenSeries } from '#wire';

/** What a Prometheus that scrapes 50 pods every 15 s would write: half counters, half gauges, eight labels a series. */

export const SERIES = 10_000;
export const INTERVAL_SECONDS = 15;
/** As many as a Prometheus puts into a request by default. */
const SERIES_PER_REQUEST = 2000;
const INSTANCES = 50;

export interface RemoteWriteLoad {
  readonly version: 1 | 2;
  /** Of the receiver. */
  readonly url: string;
  readonly startMs: number;
  readonly steps: number;
}

const HEADERS = {
  1: { 'content-type': 'application/x-protobuf', 'x-prometheus-remote-write-version': '0.1.0' },
  2: {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'x-prometheus-remote-write-version': '2.0.0',
  },
} as const;

/** Sends all steps one after the other, in order, as one shard of a Prometheus does. Throws where something is refused. */
export async function sendRemoteWrite(load: RemoteWriteLoad): Promise<{ readonly accepted: number }> {
  const series = Array.from({ length: SERIES }, (_, i) => newSeries(i));
  let accepted = 0;
  for (let step = 0; step < load.steps; step++) {
    const timeMs = load.startMs + step * INTERVAL_SECONDS * 1000;
    for (let from = 0; from < SERIES; from += SERIES_PER_REQUEST) {
      const some = series.slice(from, from + SERIES_PER_REQUEST);
      await writeSamples(
        load.url,
        some.map((one) => one.at(timeMs)),
        load.version,
      );
      accepted += some.length;
    }
  }
  return { accepted };
}

/** One request. Throws where it is refused. */
export async function writeSamples(url: string, series: readonly WrittenSeries[], version: 1 | 2 = 1): Promise<void> {
  const encode = version === 1 ? encodeWriteRequest : encodeWriteRequest2;
  const headers = { ...HEADERS[version], 'content-encoding': 'snappy' };
  const body = Buffer.from(compressSnappy(encode(series)));
  const response = await fetch(url, { method: 'POST', body, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`remote write: ${response.status} ${text}`);
}

interface LoadSeries {
  at(timeMs: number): WrittenSeries;
}

/** The same of every run. */
export function newSeries(index: number): LoadSeries {
  const isCounter = index % 2 === 0;
  const family = Math.floor(index / INSTANCES / 2);
  const name = isCounter ? `app_requests_${family}_total` : `app_queue_${family}_bytes`;
  const instance = index % INSTANCES;
  const labels = encodeLabels([
    ['__name__', name],
    ['code', String(200 + (Math.floor(index / 2) % 5))],
    ['container', 'api-server'],
    ['endpoint', 'http-metrics'],
    ['instance', `10.0.${instance}.17:9090`],
    ['job', 'kubernetes-pods'],
    ['namespace', 'production'],
    ['pod', `checkout-6d8f9b7c5d-${instance}`],
    ['series', String(index)],
  ]);
  const metadata = { family: name, type: isCounter ? 1 : 2, help: 'Made up for a benchmark.', unit: '' };
  let seed = index + 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let value = isCounter ? Math.floor(random() * 100_000) : Math.floor(random() * 1e9);
  return {
    at(timestampMs) {
      value = isCounter ? value + Math.floor(random() * 100) : Math.max(0, value + Math.floor((random() - 0.5) * 1e6));
      return { labels, samples: [{ value, timestampMs, isStale: false }], histograms: [], exemplars: [], metadata };
    },
  };
}
