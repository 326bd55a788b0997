import type { Clock } from '#base';
import { type Notification, noAnswerWithin, type Verdict } from '../notification.ts';
import type { Sender } from '../receivers/receiver.ts';

/** As cenkalti/backoff, which Alertmanager uses: each wait half as long again as the one before, give or take a half. */
const FIRST_WAIT_MS = 500;
const FACTOR = 1.5;
const SPREAD = 0.5;
const LONGEST_WAIT_MS = 60_000;

export interface Retrying {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly abort: AbortSignal;
  /** Each failed attempt that is tried again. */
  readonly failed?: (message: string, attempt: number) => void;
}

export interface Sent {
  readonly isDelivered: boolean;
  readonly attempts: number;
  /** Of the last failure. */
  readonly message: string;
}

/** Attempts until one is delivered, can't be, or the abort comes. */
export async function sendWithRetries(sender: Sender, notification: Notification, retrying: Retrying): Promise<Sent> {
  const { clock, random, abort, failed } = retrying;
  let message = 'there was no time for an attempt';
  let waitMs = FIRST_WAIT_MS;
  for (let attempts = 0; ; ) {
    if (abort.aborted) return { isDelivered: false, attempts, message };
    const startMs = clock.nowMs();
    const verdict = await raced(sender.send(notification, abort), abort);
    attempts++;
    if (verdict === undefined) {
      const before = attempts === 1 ? '' : `; the attempt before: ${message}`;
      return { isDelivered: false, attempts, message: `${noAnswerWithin(clock.nowMs() - startMs)}${before}` };
    }
    if (verdict.isDelivered) return { isDelivered: true, attempts, message: '' };
    message = verdict.message;
    if (!verdict.isRetryable) return { isDelivered: false, attempts, message };
    failed?.(message, attempts);
    const backOffMs = waitMs * (1 - SPREAD + random() * 2 * SPREAD);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * FACTOR);
    await pause(Math.max(backOffMs, verdict.retryAfterMs), clock, abort);
  }
}

/** An attempt that hears no abort is not waited for. */
function raced(attempt: Promise<Verdict>, abort: AbortSignal): Promise<Verdict | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    abort.addEventListener('abort', stop, { once: true });
    attempt.then(resolve, reject).finally(() => abort.removeEventListener('abort', stop));
  });
}

function pause(ms: number, clock: Clock, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort.aborted) return resolve();
    const end = (): void => {
      cancel();
      abort.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    abort.addEventListener('abort', end, { once: true });
  });
}
