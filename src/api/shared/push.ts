/** What APIs that take telemetry have in common: limits, the way to the disk, and plain answers. */
import { Busy, ByteBudget, Share } from '#net';
import type { Batch } from '#pdata';
import { type MetricSink, SpoolError } from '#store';
import type { TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { plain, plainFailure } from './plain.ts';

export interface PushLimits {
  readonly signal: 'metrics' | 'logs';
  /** Undefined where the server only reads. */
  readonly sink: MetricSink | undefined;
  /** The longest body. */
  readonly bodyBytes: number;
  /** Bodies as they came, of all requests under way. */
  readonly heldBytes: number;
  /** Their content, and what is made of it. */
  readonly contentBytes: number;
  /** Is told the status of each answer. */
  readonly answered?: (status: number) => void;
}

/** Of a request into the store. */
export interface Way {
  readonly sink: MetricSink;
  readonly share: Share;
}

export type Take = (request: ApiRequest, way: Way) => Promise<TextAnswer>;

/** Routes that take what is pushed to them by POST. An answer that all is well means that it is on disk. */
export function pushRoutes(
  { signal, sink, bodyBytes, heldBytes, contentBytes, answered = () => undefined }: PushLimits,
  routes: readonly (readonly [path: string, take: Take])[],
): readonly ApiRoute[] {
  const budget = new ByteBudget(contentBytes);
  const route = ([path, take]: readonly [string, Take]): ApiRoute => ({
    method: 'POST',
    path,
    limits: { bodyBytes, heldBytes },
    isUrgent: true,
    failed: (failure) => {
      answered(failure.status);
      return plainFailure(failure);
    },
    answer: async (request) => {
      if (sink === undefined) return plain(404, `this server takes no ${signal}`);
      // Rows of a tenant are written by whoever gave it its name.
      if (request.reader.tenant !== '') return plain(403, `${signal} of a tenant are not taken here`);
      const share = new Share(budget);
      try {
        const answer = await take(request, { sink, share });
        answered(answer.status);
        return answer;
      } catch (error) {
        if (error instanceof Busy) throw new AnswerError(503, 'unavailable', error.message);
        throw error;
      } finally {
        share.release();
      }
    },
  });
  return [...routes.map(route), ...routes.map(([path]): ApiRoute => ({ method: 'GET', path, answer: notAllowed }))];
}

function notAllowed(): TextAnswer {
  return plain(405, 'Method Not Allowed', { allow: 'OPTIONS, POST' });
}

export function header({ headers }: ApiRequest, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** Resolves when the batch is on disk; to what the sender is told where it can't be now. */
export async function written(sink: MetricSink, batch: Batch): Promise<string | undefined> {
  return batch.itemCount === 0 ? undefined : await whyNot(batch.signal, sink.write(batch));
}

/** Resolves to what the sender is told where what was begun fails: where `signal` can't be written to disk now. */
export async function whyNot(signal: string, writing: Promise<void>): Promise<string | undefined> {
  try {
    await writing;
    return undefined;
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    return error.reason === 'spool_full'
      ? 'the store does not keep up and the spool is full, try again later'
      : `${signal} can not be written to disk now, try again later; the log of the server says why`;
  }
}
