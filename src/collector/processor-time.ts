import type { Consumer, HistogramInstrument, Meter } from '#component';
import type { EdgeOptions } from './places.ts';

/** What the Go SDK gives a histogram that says nothing else. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

/**
 * How long a processor works on a batch, without what stands behind it: `otelcol_processor_internal_duration` (otelcol
 * processor/processorhelper@v0.159.0). It ends with the first batch that the processor hands on, or with its return; what it does after
 * a wait is not in it.
 */
export class ProcessorTime {
  readonly #histogram: HistogramInstrument;
  /** When the processor was called; below 0 while it isn't running. */
  #sinceMs = -1;

  constructor(meter: Meter, { id, signal }: Pick<EdgeOptions, 'id' | 'signal'>) {
    this.#histogram = meter.histogram(
      'processor_internal_duration',
      {
        unit: 's',
        description: 'Duration of time taken to process a batch of telemetry data through the processor',
        bounds: BOUNDS,
        isDetailed: true,
      },
      { processor: id, 'otel.signal': signal },
    );
  }

  /** In front of the processor. */
  begins(consumer: Consumer): Consumer {
    return {
      mutatesData: consumer.mutatesData,
      consume: (batch, abort) => {
        this.#sinceMs = performance.now();
        try {
          return consumer.consume(batch, abort);
        } finally {
          this.#end();
        }
      },
    };
  }

  /** Behind the processor. */
  ends(consumer: Consumer): Consumer {
    return {
      mutatesData: consumer.mutatesData,
      consume: (batch, abort) => {
        this.#end();
        return consumer.consume(batch, abort);
      },
    };
  }

  #end(): void {
    if (this.#sinceMs < 0) return;
    this.#histogram.record((performance.now() - this.#sinceMs) / 1000);
    this.#sinceMs = -1;
  }
}
