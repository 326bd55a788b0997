/** Services and their operations as frames: lists, rate, errors and durations of one service, and what it calls and is called by. */
import type { DependenciesResponse, OperationSummary, ServiceResponse, ServiceSummary } from '#api/types.ts';
import { formatDuration } from '../format.ts';
import { type Frame, frameOfLines, frameOfRows, type Reading } from '../frame.ts';

const RATE = '{request}/s';

type Requests = Pick<OperationSummary, 'name' | 'requestRate' | 'errorRatio' | 'p50Ns' | 'p95Ns' | 'p99Ns'>;

const REQUESTS: { readonly [field: string]: Reading<Requests> } = {
  name: { text: ({ name }) => name },
  rate: { number: ({ requestRate }) => requestRate, unit: RATE },
  errors: { number: ({ errorRatio }) => percentOf(errorRatio), unit: '%' },
  p50: { number: ({ p50Ns }) => p50Ns, unit: 'ns' },
  p95: { number: ({ p95Ns }) => p95Ns, unit: 'ns' },
  p99: { number: ({ p99Ns }) => p99Ns, unit: 'ns' },
};

/** Shares of failed requests from which on a service is in trouble, the worse first. */
const TROUBLE_RATIOS: readonly number[] = [0.05, 0.01];
/** So much slower than usual in the last quarter of the range. */
const SLOWER = 2;

/** Those that fail, then those that are slower than usual, then the busiest. */
export function servicesByTrouble(services: readonly ServiceSummary[]): readonly ServiceSummary[] {
  const ranked = services.map((service) => ({ service, rank: troubleRank(service) }));
  ranked.sort((a, b) => a.rank - b.rank || b.service.requestRate - a.service.requestRate);
  return ranked.map(({ service }) => service);
}

function troubleRank({ errorRatio, sparkP95Ns }: ServiceSummary): number {
  const rank = TROUBLE_RATIOS.findIndex((ratio) => (errorRatio ?? 0) >= ratio);
  if (rank >= 0) return rank;
  const usual = medianOf(sparkP95Ns);
  const lately = medianOf(sparkP95Ns.slice(-Math.ceil(sparkP95Ns.length / 4)));
  const isSlower = usual !== undefined && lately !== undefined && lately >= usual * SLOWER;
  return TROUBLE_RATIOS.length + (isSlower ? 0 : 1);
}

function medianOf(values: readonly (number | null)[]): number | undefined {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function servicesFrame(services: readonly ServiceSummary[]): Frame {
  return frameOfRows<ServiceSummary>('services', services, {
    ...REQUESTS,
    seen: { time: ({ newestMs }) => newestMs },
  });
}

/** `key` tells operations of one name and different kinds apart. */
export function operationsFrame(operations: readonly OperationSummary[]): Frame {
  return frameOfRows<OperationSummary>('operations', operations, {
    ...REQUESTS,
    key: { text: ({ name, kind }) => `${kind} ${name}` },
  });
}

/** Who calls a service, or whom it calls. Rates count over `seconds`. */
export function callsFrame(name: string, calls: ServiceResponse['callers'], seconds: number): Frame {
  return frameOfRows(name, calls, {
    key: { text: ({ service }) => service },
    name: { text: ({ service }) => service },
    count: { count: ({ count }) => count },
    errors: { count: ({ errorCount }) => errorCount },
    rate: { number: ({ count }) => count / seconds, unit: RATE },
  });
}

type Dependency = DependenciesResponse['dependencies'][number];

export function dependenciesFrame(dependencies: readonly Dependency[], seconds: number): Frame {
  // A number alone, as caches have it, says nothing.
  const nameOf = ({ namespace, name, system }: Dependency): string =>
    /^[0-9]+$/.test(namespace) && name !== '' ? `${name}/${namespace}` : namespace || name || system;
  return frameOfRows('dependencies', dependencies, {
    key: { text: ({ kind, system, name, namespace }) => [kind, system, name, namespace].join('\n') },
    name: { text: nameOf },
    system: { text: ({ system, kind }) => system || kind },
    count: { count: ({ callCount }) => callCount },
    errors: { count: ({ errorCount }) => errorCount },
    rate: { number: ({ callCount }) => callCount / seconds, unit: RATE },
    note: { number: ({ p95Ns }) => p95Ns, unit: 'ns' },
    about: {
      text: (one) => {
        const kind = [one.kind, one.system, one.namespace ? one.name : ''].filter(Boolean).join(' · ');
        return `${nameOf(one)}\n${kind}\nmedian ${formatDuration(one.p50Ns)}, p95 ${formatDuration(one.p95Ns)}`;
      },
    },
  });
}

/** Rate, errors and durations of a service over time. */
export function redFrames({ grid, series }: Pick<ServiceResponse, 'grid' | 'series'>): {
  readonly rate: Frame;
  readonly errors: Frame;
  readonly durations: Frame;
} {
  return {
    rate: frameOfLines('rate', grid, [{ name: 'requests', unit: RATE, values: series.requestRate, tone: 'accent' }]),
    // A bucket with requests and no failure is a zero; one without requests stays a gap.
    errors: frameOfLines('errors', grid, [{ name: 'errors', unit: RATE, values: series.errorRate, tone: 'error' }]),
    durations: frameOfLines('durations', grid, [
      { name: 'p99', unit: 'ns', values: series.p99Ns, tone: 'text' },
      { name: 'p95', unit: 'ns', values: series.p95Ns, tone: 'accent' },
      { name: 'p50', unit: 'ns', values: series.p50Ns, tone: 'faint' },
    ]),
  };
}

function percentOf(ratio: number | null): number | null {
  return ratio === null ? null : ratio * 100;
}
