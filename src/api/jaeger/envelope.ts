/** The form of all answers of Jaeger's first API: { data, total, limit, offset, errors }. */
import { type Answer, JSON_TYPE, listPieces, StreamedAnswer, TextAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';
import type { QueryString } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';

export function envelope(data: readonly unknown[], query: QueryString): Answer {
  const whole = { data, total: data.length, limit: 0, offset: 0, errors: null };
  return isPretty(query) ? new TextAnswer(JSON_TYPE, JSON.stringify(whole, undefined, 4)) : whole;
}

/** As `envelope`, of items that are made and sent in pieces; `count` is how many there are. */
export function streamedEnvelope(count: number, items: Iterable<Iterable<string>>): StreamedAnswer {
  return new StreamedAnswer(JSON_TYPE, envelopePieces(count, items));
}

function* envelopePieces(count: number, items: Iterable<Iterable<string>>): Generator<string> {
  yield '{"data":';
  yield* listPieces(items);
  yield `,"total":${count},"limit":0,"offset":0,"errors":null}`;
}

export function isPretty(query: QueryString): boolean {
  const pretty = one(query, 'prettyPrint');
  return pretty !== undefined && pretty !== 'false';
}

export function envelopeFailure({ status, code, message }: ApiFailure): object {
  const msg = status === 404 && code === 'not_found' ? 'trace not found' : shownMessage({ status, code, message });
  return { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg }] };
}

/** What is wrong with the server is not for its clients. */
export function shownMessage({ status, code, message }: ApiFailure): string {
  return status === 500 && code === 'internal' ? 'internal error; the server’s log has the details' : message;
}
