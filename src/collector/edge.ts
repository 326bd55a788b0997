import type { ComponentKind, Consumer, Counter, Meter, MetricLabels } from '#component';
import type { Batch, Signal } from '#pdata';

export type Side = 'consumed' | 'produced';

export interface EdgeOptions {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly signal: Signal;
  /** Empty for receivers and exporters, which belong to no single pipeline. */
  readonly pipeline: string;
  /** For connectors: the signal of the other side. */
  readonly outputSignal?: Signal;
}

/** Errors that came from further down: the component that passes one on has not failed itself. */
const fromDownstream = new WeakSet<object>();

/**
 * Measures what passes into (`consumed`) or out of (`produced`) a component: `otelcol.<kind>.<side>.items`, by outcome: `success`,
 * `failure` where this consumer failed, `refused` where one behind it did (otelcol docs/rfcs/component-universal-telemetry.md).
 */
export function measured(meter: Meter, side: Side, options: EdgeOptions, consumer: Consumer): Consumer {
  const counters = edgeCounters(meter, side, options);
  const all = options.kind === 'processor' ? processorCounter(meter, side, options) : undefined;
  return {
    mutatesData: consumer.mutatesData,
    async consume(batch: Batch): Promise<void> {
      const items = batch.itemCount;
      all?.add(items);
      try {
        await consumer.consume(batch);
        counters.success.add(items);
      } catch (error) {
        if (typeof error === 'object' && error !== null) {
          if (isFromDownstream(error)) counters.refused.add(items);
          else counters.failure.add(items);
          fromDownstream.add(error);
        } else counters.failure.add(items);
        throw error;
      }
    },
  };
}

/** otelcol's older pair of metrics for processors, which knows no outcome. */
function processorCounter(meter: Meter, side: Side, edge: EdgeOptions): Counter {
  const way = side === 'consumed' ? 'incoming' : 'outgoing';
  const description = `Number of items ${side === 'consumed' ? 'passed to' : 'emitted from'} the processor`;
  const labels = { processor: edge.id, 'otel.signal': edge.signal };
  return meter.counter(`processor_${way}_items`, { unit: '{item}', description }, labels);
}

function isFromDownstream(error: object): boolean {
  if (fromDownstream.has(error)) return true;
  const cause = (error as Error).cause;
  return cause instanceof AggregateError && cause.errors.some((part) => fromDownstream.has(part as object));
}

function edgeCounters(meter: Meter, side: Side, edge: EdgeOptions): Record<'success' | 'failure' | 'refused', Counter> {
  const labels: MetricLabels = {
    'otelcol.component.id': edge.id,
    'otelcol.component.kind': edge.kind,
    'otelcol.signal': edge.signal,
    ...(edge.pipeline !== '' && { 'otelcol.pipeline.id': edge.pipeline }),
    ...(edge.outputSignal !== undefined && { 'otelcol.signal.output': edge.outputSignal }),
  };
  const of = (outcome: string): Counter =>
    meter.counter(
      `otelcol.${edge.kind}.${side}.items`,
      {
        unit: '{item}',
        description: `Number of items ${side === 'consumed' ? 'passed to' : 'emitted from'} the ${edge.kind}`,
      },
      { ...labels, outcome },
    );
  return { success: of('success'), failure: of('failure'), refused: of('refused') };
}
