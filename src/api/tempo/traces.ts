import { ArenaWriter } from '#pdata';
import { QueryError, type ReadSpans, readWholeTrace, type StoredSpan } from '#query';
import { JSON_TYPE, StreamedAnswer, TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { missingWarning } from '../shared/missing-warning.ts';
import { PROTOBUF_FORM, resourceSpansPieces } from '../shared/otlp-json.ts';
import { tracesProtobuf, writeResourceSpans } from '../shared/otlp-protobuf.ts';
import { checkTimes, traceIdOf } from './parameters.ts';
import { filteredSpans } from './trace-filter.ts';

/**
 * A trace by its id: the bare trace of the first version, and in the second an envelope that says whether it is whole. As protobuf for who accepts
 * it, which Grafana does, and else as JSON.
 */

const PROTOBUF = 'application/protobuf';
const PARTIAL = 1;

export const traceRoutes: readonly ApiRoute[] = [
  {
    ...get('/api/traces/:traceId'),
    answer: async (request) => {
      const found = await traceOf(request);
      const warning = missingWarning(found);
      // The first version has no place to say so.
      if (warning !== undefined) throw new QueryError('too_large', `${warning}; /api/v2/traces gives them`);
      if (wantsProtobuf(request)) return new TextAnswer(PROTOBUF, tracesProtobuf(found.spans));
      return new StreamedAnswer(JSON_TYPE, bareTrace(found.spans));
    },
  },
  {
    ...get('/api/v2/traces/:traceId'),
    answer: async (request) => {
      const found = await traceOf(request);
      const filtered = await filteredSpans(request, found.spans);
      const warning = missingWarning(found) ?? filtered.warning;
      if (wantsProtobuf(request)) return new TextAnswer(PROTOBUF, envelopeProtobuf(filtered.spans, warning));
      return new StreamedAnswer(JSON_TYPE, envelope(filtered.spans, warning));
    },
  },
];

function get(path: string): Omit<ApiRoute, 'answer'> {
  return { method: 'GET', path, isLarge: true };
}

/** Tempo looks into blocks of the time that is asked for, and gives all that it finds there; here a trace is in one place. */
async function traceOf({ reader, path, query, options }: ApiRequest): Promise<ReadSpans> {
  const traceId = traceIdOf(path['traceId']!);
  checkTimes(query);
  try {
    return await readWholeTrace(reader, traceId, options);
  } catch (error) {
    if (error instanceof QueryError && error.code === 'not_found')
      throw new AnswerError(404, 'not_found', `trace ${path['traceId']} not found`);
    throw error;
  }
}

function wantsProtobuf({ headers }: ApiRequest): boolean {
  const accepted = headers.accept?.split(',').map((type) => type.split(';')[0]!.trim().toLowerCase()) ?? [];
  return accepted.includes(PROTOBUF) || accepted.includes('application/x-protobuf');
}

function* bareTrace(spans: readonly StoredSpan[]): Generator<string> {
  yield '{"batches":';
  yield* resourceSpansPieces(spans, PROTOBUF_FORM);
  yield '}';
}

function* envelope(spans: readonly StoredSpan[], warning: string | undefined): Generator<string> {
  yield '{"trace":{"resourceSpans":';
  yield* resourceSpansPieces(spans, PROTOBUF_FORM);
  yield '},"metrics":{}';
  if (warning !== undefined) yield `,"status":"PARTIAL","message":${JSON.stringify(warning)}`;
  yield '}';
}

/** A tempopb.TraceByIDResponse. Its trace is always there: Grafana reads it unasked. */
function envelopeProtobuf(spans: readonly StoredSpan[], warning: string | undefined): Uint8Array {
  const out = new ArenaWriter(spans.length * 400 + 1024);
  const trace = out.begin(1);
  writeResourceSpans(out, spans);
  out.end(trace);
  out.end(out.begin(2));
  if (warning !== undefined) {
    out.uintField(3, PARTIAL);
    out.textField(4, warning);
  }
  return out.finish();
}
