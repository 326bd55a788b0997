/** Services and their operations as frames: lists, and rate, errors and durations of one service. */
import type { OperationSummary, ServiceResponse, ServiceSummary } from '#api/types.ts';
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
