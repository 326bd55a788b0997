import type { FastifyReply } from 'fastify';

/** A signal that fires when the client goes away before its answer is sent: the query is stopped in the store, too. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
