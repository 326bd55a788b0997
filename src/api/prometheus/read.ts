import { DecodeError, messageOf } from '#base';
import { matcherTest } from '#lang/promql';
import { compressSnappy, decompressSnappy } from '#net';
import { type Labels, type StoredSeries, StoreSource } from '#query/promql.ts';
import { RESET_HINT, ReadAnswer, type ReadQuery, readReadRequest } from '#wire';
import { type Answer, TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { plain, plainFailure } from '../shared/plain.ts';

/**
 * Remote read: all samples of series, as they are stored. Answered with samples, which every client takes, never with streamed chunks.
 */

const MEBIBYTE = 1024 * 1024;
const REQUEST_BYTES = 4 * MEBIBYTE;
const ANSWER_BYTES = 128 * MEBIBYTE;

export const readRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/read',
    limits: { bodyBytes: REQUEST_BYTES, answerBytes: ANSWER_BYTES },
    isLarge: true,
    failed: plainFailure,
    answer: remoteRead,
  },
];

const HEADERS = { 'content-encoding': 'snappy' } as const;

async function remoteRead({ reader, options, body }: ApiRequest): Promise<Answer> {
  let queries: readonly ReadQuery[];
  try {
    queries = readReadRequest(decompressSnappy(body, REQUEST_BYTES));
  } catch (error) {
    if (error instanceof DecodeError) return plain(400, error.message);
    throw error;
  }
  for (const { matchers } of queries) {
    try {
      matchers.forEach(matcherTest);
    } catch (error) {
      // A pattern that is none.
      return plain(400, messageOf(error));
    }
  }
  const source = new StoreSource(reader, options);
  const answer = new ReadAnswer();
  for (const { matchers, startMs, endMs } of queries) {
    answer.beginResult();
    for (const series of await source.select({ matchers, fromMs: startMs - 1, toMs: endMs })) {
      addSeries(answer, series);
      if (answer.byteLength > ANSWER_BYTES) return plain(400, `the answer has more than ${ANSWER_BYTES} bytes`);
    }
    answer.endResult();
  }
  return new TextAnswer('application/x-protobuf', compressSnappy(answer.finish()), { headers: HEADERS });
}

function addSeries(answer: ReadAnswer, { labels, floats, histograms, staleMs }: StoredSeries): void {
  answer.beginSeries(sorted(labels));
  const ends = staleMs ?? NO_TIMES;
  let end = 0;
  floats.timesMs.forEach((timeMs, i) => {
    for (; end < ends.length && ends[end]! < timeMs; end++) answer.stale(ends[end]!);
    answer.sample(timeMs, floats.values[i]!);
  });
  for (; end < ends.length; end++) answer.stale(ends[end]!);
  histograms?.values.forEach((histogram, i) => {
    answer.histogram(histograms.timesMs[i]!, { ...histogram, hint: RESET_HINT[histogram.hint] });
  });
  answer.endSeries();
}

const NO_TIMES = new Float64Array(0);

function sorted({ pairs }: Labels): readonly (readonly [string, string])[] {
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
}
