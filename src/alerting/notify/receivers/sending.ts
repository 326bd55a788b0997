import { messageOf } from '#base';
import { failure, type Notification, type Verdict } from '../notification.ts';
import type { Sender } from './receiver.ts';

/** A sender whose attempt may throw: a template that fails, or a file that can't be read, is no better the next time. */
export function sending(attempt: (notification: Notification, abort: AbortSignal) => Promise<Verdict>): Sender {
  return {
    async send(notification, abort) {
      try {
        return await attempt(notification, abort);
      } catch (error) {
        return failure(messageOf(error), false);
      }
    },
  };
}
