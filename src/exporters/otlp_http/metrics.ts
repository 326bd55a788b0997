import type { Counter, CreateSettings } from '#component';
import { ITEM_NAME, type Signal } from '#pdata';

/** Items that the far side took the request of but rejected: lost there, and counted as sent as in otelcol. */
export function rejectedCounter(settings: CreateSettings, signal: Signal): Counter {
  const items = ITEM_NAME[signal];
  return settings.meter.counter(`exporter_partial_success_rejected_${items}`, {
    unit: `{${items}}`,
    description: `Number of ${items} that the destination rejected in a partial success`,
  });
}
