import type { CreateSettings } from '#component';

/** Bytes of requests that are in memory now. Returns the function that removes the gauge. */
export function watchInFlight(settings: CreateSettings, read: () => number): () => void {
  return settings.meter.gauge(
    'receiver_in_flight_bytes',
    { unit: 'By', description: 'Bytes of requests that are being received or wait for the pipeline' },
    read,
  );
}
