import type { ClientRequest } from 'node:http';
import { networkMessage } from './network-error.ts';

/** The request did not get an answer: the network, the peer's TLS, or the time ran out. May be tried again. */
export class HttpFailure extends Error {
  override name = 'HttpFailure';
}

/** The peer closed a kept connection before it saw any of the request, which goes out again at once. */
export class StaleConnection extends Error {}

export function isStaleConnection(request: ClientRequest, error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE') && !(error instanceof HttpFailure);
}

export function failureOf(error: unknown): HttpFailure {
  return error instanceof HttpFailure ? error : new HttpFailure(networkMessage(error), { cause: error });
}
