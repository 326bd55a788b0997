import { reasonOf } from '#base';
import type { Consumer, Counter, Meter, MetricLabels } from '#component';
import type { Batch } from '#pdata';
import { type Accounts, ownerLabels } from './accounts.ts';
import type { EdgeOptions } from './places.ts';
import type { Watchers } from './watch.ts';

/** What edges enter things in. */
export interface Books {
  readonly meter: Meter;
  readonly accounts: Accounts;
  readonly watchers: Watchers;
}

/** Errors that came from further down: the component that passes one on has not failed itself. */
const fromDownstream = new WeakSet<object>();

/**
 * Measures what passes into (`consumed`) or out of (`produced`) a component: `otelcol.<kind>.<side>.items`, by outcome: `success`,
 * `failure` where this consumer failed, `refused` where one behind it did (otelcol docs/rfcs/component-universal-telemetry.md). And enters
 * it in the component's ledger; what the component itself refuses goes into its account.
 */
export function measured({ meter, accounts, watchers }: Books, edge: EdgeOptions, consumer: Consumer): Consumer {
  const { side, signal } = edge;
  const counters = edgeCounters(meter, edge);
  const all = edge.kind === 'processor' ? processorCounter(meter, edge) : undefined;
  const isIn = side === 'consumed';
  // An exporter enters its own: it has other senders than pipelines, too.
  const ledger = isIn && edge.kind === 'exporter' ? undefined : accounts.ledger(edge, signal);
  const account = accounts.account(edge);
  return {
    mutatesData: consumer.mutatesData,
    async consume(given: Batch, abort?: AbortSignal): Promise<void> {
      const watcher = watchers.current;
      const batch = watcher === undefined ? given : watcher.passing(edge, given);
      const items = batch.itemCount;
      all?.add(items);
      if (isIn) ledger?.begin(items);
      try {
        await consumer.consume(batch, abort);
      } catch (error) {
        if (isIn) ledger?.end(items, false);
        watcher?.passed(edge, batch, error);
        const isPassedOn = isFromDownstream(error);
        (isPassedOn ? counters.refused : counters.failure).add(items);
        if (isIn && !isPassedOn && ledger !== undefined) account.refused(signal, items, reasonOf(error));
        if (typeof error === 'object' && error !== null) fromDownstream.add(error);
        throw error;
      }
      if (isIn) ledger?.end(items, true);
      else ledger?.produced(items);
      counters.success.add(items);
      watcher?.passed(edge, batch, undefined);
    },
  };
}

/** otelcol's older pair of metrics for processors, which knows no outcome. */
function processorCounter(meter: Meter, { side, id, signal }: EdgeOptions): Counter {
  const way = side === 'consumed' ? 'incoming' : 'outgoing';
  const description = `Number of items ${side === 'consumed' ? 'passed to' : 'emitted from'} the processor`;
  return meter.counter(
    `processor_${way}_items`,
    { unit: '{item}', description },
    { processor: id, 'otel.signal': signal },
  );
}

/** So deep at most does a component wrap what it passes on. */
const CAUSES = 4;

function isFromDownstream(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > CAUSES) return false;
  if (fromDownstream.has(error)) return true;
  const { cause } = error as Error;
  if (cause instanceof AggregateError) return cause.errors.some((part) => isFromDownstream(part, depth + 1));
  return isFromDownstream(cause, depth + 1);
}

function edgeCounters(meter: Meter, edge: EdgeOptions): Record<'success' | 'failure' | 'refused', Counter> {
  const { kind, side, into = edge.pipeline } = edge;
  const labels: MetricLabels = {
    ...ownerLabels({ ...edge, pipeline: into }, edge.from ?? edge.signal),
    ...(edge.to !== undefined && { 'otelcol.signal.output': edge.to }),
  };
  const of = (outcome: string): Counter =>
    meter.counter(
      `otelcol.${kind}.${side}.items`,
      {
        unit: '{item}',
        description: `Number of items ${side === 'consumed' ? 'passed to' : 'emitted from'} the ${kind}`,
      },
      { ...labels, outcome },
    );
  return { success: of('success'), failure: of('failure'), refused: of('refused') };
}
