import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { after, DecodeError, onAbort } from '#base';
import { BodyBuffer } from './body-buffer.ts';
import type { Share } from './budget.ts';
import { Busy } from './busy.ts';
import type { Coding } from './codings.ts';
import { failureOf, HttpFailure, isStaleConnection, StaleConnection } from './http-failure.ts';
import { inflateWithin } from './inflate-within.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `answerLimitBytes` of it. */
  readonly body: Uint8Array;
}

export interface GetLimits {
  /** Of the body, inflated: with more of it the request has failed. */
  readonly limitBytes: number;
  /** What the body takes of the memory; the caller releases it. */
  readonly share: Share;
  /** Of the whole, the body included. */
  readonly timeoutMs: number;
  readonly abort?: AbortSignal;
}

/** Sends a request without a body, and reads its answer within the limits. */
export async function sendGet(request: ClientRequest, get: GetLimits, isSecondTry = false): Promise<HttpAnswer> {
  const answer = await received(request, get, isSecondTry);
  const coding = answer.headers['content-encoding'] ?? '';
  if (coding === '' || coding === 'identity') return answer;
  if (coding !== 'gzip' && coding !== 'zstd') throw new HttpFailure(`the answer has the coding "${coding}"`);
  try {
    return { ...answer, body: await inflateWithin(get.share, coding as Coding, answer.body, get.limitBytes) };
  } catch (error) {
    if (error instanceof DecodeError) throw new HttpFailure(`the answer can't be inflated: ${error.message}`);
    throw error;
  }
}

function received(request: ClientRequest, get: GetLimits, isSecondTry: boolean): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { timeoutMs } = get;
    const end = (error: Error): void => void request.destroy(error);
    const timer = after(timeoutMs, () => end(new HttpFailure(`no answer within ${Math.round(timeoutMs)} ms`)), {
      keepsAlive: true,
    });
    const stopWatching = onAbort(get.abort, () => end(new HttpFailure('cancelled')));
    const finish = (): void => {
      stopWatching();
      timer.cancel();
    };
    const fail = (error: unknown): void => {
      finish();
      if (error instanceof Busy) reject(error);
      else reject(!isSecondTry && isStaleConnection(request, error) ? new StaleConnection() : failureOf(error));
    };
    request.once('error', fail);
    request.once('response', (response) => {
      readWithin(response, get).then((body) => {
        finish();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      }, fail);
    });
    request.end();
  });
}

/** A body in memory of its own. What is longer than it may is not read to its end. */
function readWithin(response: IncomingMessage, { limitBytes, share }: GetLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const expectedBytes = Number(response.headers['content-length'] ?? 0) || 0;
    const body = new BodyBuffer(share);
    const fail = (error: unknown): void => {
      response.destroy();
      reject(error);
    };
    const tooLong = (): HttpFailure => new HttpFailure(`the answer is longer than ${limitBytes} bytes`);
    if (expectedBytes > limitBytes) return fail(tooLong());
    response.on('data', (part: Buffer) => {
      try {
        if (body.length + part.length > limitBytes) throw tooLong();
        body.append(part, expectedBytes);
      } catch (error) {
        fail(error);
      }
    });
    response.once('end', () => resolve(body.take()));
    response.once('error', reject);
    response.once('close', () => {
      if (!response.complete) reject(new HttpFailure('the answer was cut off'));
    });
  });
}
