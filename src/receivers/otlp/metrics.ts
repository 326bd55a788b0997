import { type Counter, type CreateSettings, type ReceiverCounters, receiverCounters } from '#component';
import type { Signal } from '#pdata';

/** How a request ended: `refused` by the pipeline, `failure` in the receiver. */
export interface RequestCounters {
  readonly success: Counter;
  readonly refused: Counter;
  readonly failure: Counter;
}

export interface OtlpMetrics {
  readonly items: Readonly<Record<Signal, ReceiverCounters>>;
  readonly requests: RequestCounters;
}

export function otlpMetrics(settings: CreateSettings, transport: 'grpc' | 'http'): OtlpMetrics {
  const requests = (outcome: string): Counter =>
    settings.meter.counter(
      'receiver_requests',
      { unit: '{requests}', description: 'Number of requests by their outcome' },
      { transport, outcome },
    );
  return {
    items: receiverCounters(settings, transport),
    requests: { success: requests('success'), refused: requests('refused'), failure: requests('failure') },
  };
}

/** Bytes of requests that are in memory now. Returns the function that removes the gauge. */
export function watchInFlight(settings: CreateSettings, read: () => number): () => void {
  return settings.meter.gauge(
    'receiver_in_flight_bytes',
    { unit: 'By', description: 'Bytes of requests that are being received or wait for the pipeline' },
    read,
  );
}
