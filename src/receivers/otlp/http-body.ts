import type { IncomingMessage } from 'node:http';
import { joinBytes, type Share, tooLarge } from '#net';

/** The client went away before its body was complete. */
export class ClientGone extends Error {
  override name = 'ClientGone';
}
/** The bodies in memory have reached their limit. */
export class Busy extends Error {
  override name = 'Busy';
}

/**
 * Collects a body in memory of its own, with one copy at most. What arrives is taken from `share`, not what is announced, so that idle
 * clients hold nothing. Rejects with a DecodeError where the body is longer than `limitBytes`, with Busy where the share has no room,
 * with ClientGone where the connection breaks. The rest of a refused body is left in the request.
 */
export function readBody(request: IncomingMessage, limitBytes: number, share: Share): Promise<Uint8Array> {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const fail = (error: Error): void => {
      request.off('data', onData);
      reject(error);
    };
    const onData = (part: Buffer): void => {
      length += part.length;
      if (length > limitBytes) fail(tooLarge(limitBytes));
      else if (!share.tryTake(part.length)) fail(new Busy('too many bytes of requests in memory, try again later'));
      else parts.push(part);
    };
    request.on('data', onData);
    request.once('end', () => resolve(joinBytes(parts, length)));
    request.once('error', () => fail(new ClientGone('the client went away')));
    request.once('close', () => {
      if (!request.complete) fail(new ClientGone('the client went away before its body was complete'));
    });
  });
}
