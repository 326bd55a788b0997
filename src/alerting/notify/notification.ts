import { createHash } from 'node:crypto';
import { printPrometheusDuration } from '#config';
import type { Alert } from './alert.ts';
import type { Labels } from './labels.ts';

/** Why a receiver is told, in Alertmanager's words. */
export type NotifyReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed'
  | 'unknown';

/** What one receiver is told of one group. */
export interface Notification {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Labels of the route, rendered. */
  readonly routeLabels: Labels;
  readonly reason: NotifyReason;
  /** Sorted; those that fire have no end. */
  readonly alerts: readonly Alert[];
  readonly nowMs: number;
  /** What the receiver keeps from one notification of the group to the next, such as the message to go on with. */
  readonly kept: Map<string, string>;
}

/** How an attempt to tell a receiver ended. */
export type Verdict = { readonly isDelivered: true } | Failure;

export interface Failure {
  readonly isDelivered: false;
  /** Without addresses that are secrets. */
  readonly message: string;
  readonly isRetryable: boolean;
  /** Asked for by the receiver; 0 for nothing asked. */
  readonly retryAfterMs: number;
}

export const DELIVERED: Verdict = { isDelivered: true };

export function failure(message: string, isRetryable: boolean, retryAfterMs = 0): Failure {
  return { isDelivered: false, message, isRetryable, retryAfterMs };
}

/** Why an attempt ended that took too long: to the second, from one on. */
export function noAnswerWithin(ms: number): string {
  const rounded = ms < 1000 ? Math.round(ms) : Math.round(ms / 1000) * 1000;
  return `timed out: no answer within ${printPrometheusDuration(rounded)}`;
}

/** A group's key where its length has a limit: SHA-256 in hex. */
export function hashOfKey(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex');
}
