import type { Counter, ListenerReason, Logger, Meter, MetricLabels } from '#base';
import { HostGuard } from '#base/host-guard.ts';

/** They are there from the start, so that the first of them is seen to have come in a certain time. */
const USUAL_REASONS: readonly ListenerReason[] = ['host', 'tls_unexpected'];
const METRIC = 'listener_refused_requests';
const DESCRIPTION = 'Number of requests and connections that a listener turned away unread';

/** What a listener says about those it turns away. */
export interface RefusalSettings {
  readonly logger: Logger;
  readonly meter: Meter;
}

/** Counts what a listener turns away, by reason. The counters of rare reasons appear with their first refusal. */
export class ListenerRefusals {
  readonly #settings: RefusalSettings;
  readonly #labels: MetricLabels;
  readonly #counters = new Map<ListenerReason, Counter>();

  constructor(settings: RefusalSettings, labels: MetricLabels = {}) {
    this.#settings = settings;
    this.#labels = labels;
    for (const reason of USUAL_REASONS) this.#counter(reason);
  }

  /** `isNew` makes a line in the log. */
  count(reason: ListenerReason, message: string, isNew: boolean): void {
    this.#counter(reason).add(1);
    if (isNew) this.#settings.logger.warn(`Refused: ${message}`);
  }

  #counter(reason: ListenerReason): Counter {
    let counter = this.#counters.get(reason);
    if (counter === undefined) {
      const options = { unit: '{requests}', description: DESCRIPTION };
      counter = this.#settings.meter.counter(METRIC, options, { ...this.#labels, reason });
      this.#counters.set(reason, counter);
    }
    return counter;
  }

  /** Guards a listener of a component. `ownHost` is what it was told to listen on. */
  hostGuard(listener: string, ownHost: string, allowed: readonly string[]): HostGuard {
    const onRefused = (message: string, isFirst: boolean): void => this.count('host', message, isFirst);
    return new HostGuard({ listener, ownHost, allowed, onRefused });
  }
}
