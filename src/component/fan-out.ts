import { ConsumeError, messageOf } from '#base';
import type { Batch } from '#pdata';
import type { Consumer } from './contracts.ts';

/**
 * One consumer that hands each batch to all of `consumers`. Those that change data come first and get a copy each; the last of them gets
 * the batch itself if nobody else reads it. All are called in this order in one go, and all answers are awaited: a slow one makes the
 * caller wait, but doesn't keep the data from the others. Their errors are joined.
 */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  if (consumers.length === 1) return consumers[0]!;
  const mutating = consumers.filter((consumer) => consumer.mutatesData);
  const reading = consumers.filter((consumer) => !consumer.mutatesData);
  const ordered = [...mutating, ...reading];
  const lastTakesOriginal = reading.length === 0;
  return {
    mutatesData: lastTakesOriginal && mutating.length > 0,
    async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
      const batches = ordered.map((consumer, i) => {
        if (!consumer.mutatesData || (lastTakesOriginal && i === ordered.length - 1)) return batch;
        return batch.clone();
      });
      const results = await Promise.allSettled(ordered.map((consumer, i) => start(consumer, batches[i]!, abort)));
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (failures.length > 0) throw joinErrors(failures);
    },
  };
}

async function start(consumer: Consumer, batch: Batch, abort: AbortSignal | undefined): Promise<void> {
  await consumer.consume(batch, abort);
}

/** One error for several: permanent only if all are, with the longest wait, and the first retryable one's code. */
export function joinErrors(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const errors = failures.map((failure) =>
    failure instanceof ConsumeError ? failure : new ConsumeError(messageOf(failure), { cause: failure }),
  );
  const leading = errors.find((error) => !error.permanent) ?? errors[0]!;
  const waits = errors.flatMap((error) => (error.retryAfterMs === undefined ? [] : [error.retryAfterMs]));
  return new ConsumeError([...new Set(errors.map((error) => error.message))].join('; '), {
    permanent: leading.permanent,
    reason: leading.reason,
    cause: new AggregateError(failures),
    ...(waits.length > 0 && !leading.permanent && { retryAfterMs: Math.max(...waits) }),
    ...(leading.grpcCode !== undefined && { grpcCode: leading.grpcCode }),
  });
}
