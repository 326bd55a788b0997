import { ArenaWriter } from '#pdata';
import type { Strategy } from './strategies.ts';

/** A strategy as clients are told of it. */

/** Jaeger's JSON: numbers that are 0 stand there, absent parts don't. */
export function strategyJson({ probability, tracesPerSecond, operations }: Strategy): string {
  return JSON.stringify({
    strategyType: tracesPerSecond === undefined ? 'PROBABILISTIC' : 'RATE_LIMITING',
    ...(probability !== undefined && { probabilisticSampling: { samplingRate: probability } }),
    ...(tracesPerSecond !== undefined && { rateLimitingSampling: { maxTracesPerSecond: tracesPerSecond } }),
    ...(operations !== undefined && {
      operationSampling: {
        defaultSamplingProbability: operations.defaultProbability,
        defaultLowerBoundTracesPerSecond: 0,
        perOperationStrategies: operations.byName.map((one) => ({
          operation: one.operation,
          probabilisticSampling: { samplingRate: one.probability },
        })),
        defaultUpperBoundTracesPerSecond: 0,
      },
    }),
  });
}

const RATE_LIMITING = 1;

/** A jaeger.api_v2.SamplingStrategyResponse. */
export function strategyMessage({ probability, tracesPerSecond, operations }: Strategy): Uint8Array {
  const out = new ArenaWriter();
  if (tracesPerSecond !== undefined) out.uintField(1, RATE_LIMITING);
  if (probability !== undefined) writeShare(out, 2, probability);
  if (tracesPerSecond !== undefined) {
    const mark = out.begin(3);
    out.uintField(1, tracesPerSecond);
    out.end(mark);
  }
  if (operations !== undefined) {
    const mark = out.begin(4);
    out.doubleField(1, operations.defaultProbability);
    for (const one of operations.byName) {
      const inner = out.begin(3);
      out.textField(1, one.operation);
      writeShare(out, 2, one.probability);
      out.end(inner);
    }
    out.end(mark);
  }
  return out.finish();
}

function writeShare(out: ArenaWriter, field: number, probability: number): void {
  const mark = out.begin(field);
  out.doubleField(1, probability);
  out.end(mark);
}
