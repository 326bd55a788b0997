import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { after, onAbort } from '#base';
import { failureOf, HttpFailure } from './http-failure.ts';

export interface StreamLimits {
  /** Until the answer's head is there. */
  readonly headTimeoutMs: number;
  /** A stream that is silent for so long is given up. */
  readonly idleTimeoutMs: number;
  /** Ends the stream: its body fails then. */
  readonly abort: AbortSignal;
}

/** An answer whose body comes as long as the far side wants. Read it to its end, or abort it. */
export interface HttpStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws an HttpFailure where it breaks off. */
  readonly body: AsyncIterable<Buffer>;
}

/** Sends a request without a body, and resolves when the answer begins. Rejects with an HttpFailure where none does. */
export function openStream(request: ClientRequest, limits: StreamLimits): Promise<HttpStream> {
  const { headTimeoutMs, idleTimeoutMs, abort } = limits;
  return new Promise((resolve, reject) => {
    const end = (message: string): void => void request.destroy(new HttpFailure(message));
    const timer = after(headTimeoutMs, () => end(`no answer within ${headTimeoutMs} ms`), { keepsAlive: true });
    const stopWatching = onAbort(abort, () => end('cancelled'));
    request.setTimeout(idleTimeoutMs, () => end(`nothing came for ${idleTimeoutMs} ms`));
    request.once('error', (error) => {
      timer.cancel();
      reject(failureOf(error));
    });
    request.once('close', stopWatching);
    request.once('response', (response) => {
      timer.cancel();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: partsOf(response) });
    });
    request.end();
  });
}

async function* partsOf(response: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    for await (const part of response) yield part as Buffer;
  } catch (error) {
    throw failureOf(error);
  }
}
