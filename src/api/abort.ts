import type { FastifyReply } from 'fastify';
import { after } from '#base';
import { storeHangs } from '#query';

/**
 * A signal that fires when the client goes away before its answer is sent, or when the answer is not there in time: the query is stopped in
 * the store, too, and a store that hangs gives 504 instead of a wait without end.
 */
export function requestSignal(reply: FastifyReply, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  const timer = after(deadlineMs, () => controller.abort(storeHangs()), { keepsAlive: true });
  reply.raw.once('close', () => {
    timer.cancel();
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
