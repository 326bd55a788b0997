import { type Clock, systemClock } from '#base';
import { Batch, type Signal } from '#pdata';
import { decodeOtlp } from '#wire';
import { encodeReference } from '../../wire/testing/otlp-reference.ts';
import type { StoreEndpoint } from '../endpoint.ts';
import { DEFAULT_RETENTION } from '../migrate.ts';
import { StoreWriter } from '../writer.ts';
import type { StoreWriterObserver, StoreWriterOptions } from '../writer-options.ts';

/** A writer with short limits and everything it told its observer. */
export interface TestWriter {
  readonly writer: StoreWriter;
  readonly lines: string[];
  readonly states: string[];
  readonly inserted: Record<Signal, number>;
  readonly rejected: Record<Signal, number>;
  readonly lost: Record<Signal, number>;
  /** Parts that were found damaged. */
  damagedParts(): number;
}

export function testWriter(
  endpoint: StoreEndpoint,
  dir: string,
  options: {
    readonly spool?: Partial<StoreWriterOptions['spool']>;
    readonly memoryBytes?: number;
    readonly reserveBytes?: number;
    readonly clock?: Clock;
  } = {},
): TestWriter {
  const lines: string[] = [];
  const states: string[] = [];
  const inserted = { traces: 0, metrics: 0, logs: 0 };
  const rejected = { traces: 0, metrics: 0, logs: 0 };
  const lost = { traces: 0, metrics: 0, logs: 0 };
  let damagedParts = 0;
  const observer: StoreWriterObserver = {
    log: (level, message) => lines.push(`${level}: ${message}`),
    state: (state, message) => states.push(`${state}: ${message}`),
    accepting: (isAccepting, message) => states.push(`${isAccepting ? 'accepting' : 'refusing'}: ${message}`),
    inserted: (items) => add(inserted, items),
    rejected: (items) => add(rejected, items),
    lost: (items) => add(lost, items),
    retried: () => undefined,
    damaged: (parts) => {
      damagedParts += parts;
    },
  };
  const writer = new StoreWriter({
    endpoint,
    retention: DEFAULT_RETENTION,
    spool: {
      dir,
      owner: 'a test',
      segmentBytes: 4 << 20,
      segmentItems: 50_000,
      segmentAgeMs: 50,
      limitBytes: 64 << 20,
      rejectedLimitBytes: 16 << 20,
      ...options.spool,
    },
    memoryBytes: options.memoryBytes ?? 32 << 20,
    concurrency: 2,
    insertTimeoutMs: 30_000,
    seriesLimit: 10_000,
    reserveBytes: options.reserveBytes,
    clock: options.clock ?? systemClock,
    random: () => 0.5,
    observer,
  });
  return { writer, lines, states, inserted, rejected, lost, damagedParts: () => damagedParts };
}

function add(sum: Record<Signal, number>, items: Readonly<Record<Signal, number>>): void {
  for (const signal of ['traces', 'metrics', 'logs'] as const) sum[signal] += items[signal];
}

/** A batch of `count` spans whose span ids count up from `firstId`. */
export function spanBatch(count: number, firstId: number, service = 'shop'): Batch {
  const spans = Array.from({ length: count }, (_, i) => {
    const spanId = Buffer.alloc(8);
    spanId.writeBigUInt64BE(BigInt(firstId + i));
    return {
      traceId: Buffer.alloc(16, 1 + ((firstId + i) % 200)),
      spanId,
      name: `step ${i % 5}`,
      startTimeUnixNano: String(1_763_800_000_000_000_000n + BigInt(firstId + i)),
      endTimeUnixNano: String(1_763_800_000_000_100_000n + BigInt(firstId + i)),
      attributes: [{ key: 'n', value: { intValue: String(firstId + i) } }],
    };
  });
  const body = encodeReference('traces', {
    resourceSpans: [{ resource: resourceOf(service), scopeSpans: [{ spans }] }],
  });
  return new Batch('traces', [decodeOtlp('traces', body).chunk]);
}

/** A batch of one point of a gauge. */
export function gaugeBatch(service: string): Batch {
  const metrics = [{ name: 'level', gauge: { dataPoints: [{ timeUnixNano: '1763800000000000000', asDouble: 1 }] } }];
  const resourceMetrics = [{ resource: resourceOf(service), scopeMetrics: [{ metrics }] }];
  return new Batch('metrics', [decodeOtlp('metrics', encodeReference('metrics', { resourceMetrics })).chunk]);
}

function resourceOf(service: string): object {
  return { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
}
