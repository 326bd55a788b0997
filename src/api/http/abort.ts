import type { FastifyReply } from 'fastify';
import { after } from '#base';
import { storeHangs } from '#query';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Gives the same time once more. */
  restart(): void;
}

/**
 * A signal that fires when the client goes away before its answer is sent, or when the answer is not there in time: the query is stopped in
 * the store, too, and a store that hangs gives 504 instead of a wait without end.
 */
export function requestDeadline(reply: FastifyReply, deadlineMs: number): Deadline {
  const controller = new AbortController();
  const begin = () => after(deadlineMs, () => controller.abort(storeHangs()), { keepsAlive: true });
  let timer = begin();
  let isClosed = false;
  reply.raw.once('close', () => {
    isClosed = true;
    timer.cancel();
    if (!reply.raw.writableFinished) controller.abort();
  });
  return {
    signal: controller.signal,
    restart: () => {
      timer.cancel();
      if (!isClosed) timer = begin();
    },
  };
}
