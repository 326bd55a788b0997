import type { IncomingMessage } from 'node:http';
import { BodyBuffer } from './body-buffer.ts';
import type { Share } from './budget.ts';
import { tooLarge } from './codings.ts';
import { type DueWatch, requestDueMs, type Watched } from './due-watch.ts';
import type { LargePlace } from './large-bodies.ts';

/** The client went away before its body was complete. */
export class ClientGone extends Error {
  override name = 'ClientGone';
}
/** It took too long for its body. */
export class TooSlow extends Error {
  override name = 'TooSlow';
}

export interface BodyLimits {
  readonly limitBytes: number;
  /** How long a client may take, longer for what is large; 0 means no limit. */
  readonly timeoutMs: number;
  /** Of a large body. */
  readonly place: LargePlace | undefined;
}

/** 0 where the length isn't known before. */
export function announcedBytesOf(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/**
 * Collects a body in memory of its own, with one copy at most. What arrives is taken from `share`, not what is announced, so that idle
 * clients hold nothing. Rejects with a DecodeError where the body is longer than `limitBytes`, with Busy where the share has no room,
 * with ClientGone where the connection breaks, with TooSlow where it takes too long. The rest of a refused body is left in the request.
 */
export function readBody(
  request: IncomingMessage,
  { limitBytes, timeoutMs, place }: BodyLimits,
  share: Share,
  watch: DueWatch,
): Promise<Uint8Array> {
  const announcedBytes = announcedBytesOf(request);
  if (announcedBytes > limitBytes) return Promise.reject(tooLarge(limitBytes));
  // Nothing is told of what has happened while nobody listened.
  if (request.destroyed && !request.complete) return Promise.reject(new ClientGone('the client went away'));
  return new Promise((resolve, reject) => {
    const body = new BodyBuffer(share);
    const startMs = performance.now();
    const limitMs = timeoutMs || Number.POSITIVE_INFINITY;
    const fail = (error: Error): void => {
      watch.delete(watched);
      request.off('data', onData);
      reject(error);
    };
    const watched: Watched = {
      dueMs: startMs + limitMs,
      expire: () => fail(new TooSlow('the body did not come within its time')),
    };
    const onData = (part: Buffer): void => {
      try {
        if (body.length + part.length > limitBytes) throw tooLarge(limitBytes);
        body.append(part, announcedBytes);
        place?.touch();
        watched.dueMs = requestDueMs(startMs, limitMs, body.length);
      } catch (error) {
        fail(error as Error);
      }
    };
    watch.add(watched);
    request.on('data', onData);
    request.once('end', () => {
      watch.delete(watched);
      place?.complete();
      resolve(body.take());
    });
    request.once('error', () => fail(new ClientGone('the client went away')));
    request.once('close', () => {
      if (!request.complete) fail(new ClientGone('the client went away before its body was complete'));
    });
  });
}
