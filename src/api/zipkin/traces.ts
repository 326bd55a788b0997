import { printKey, printValue } from '#lang/filter';
import { Batch } from '#pdata';
import {
  findPlaces,
  QueryError,
  type ReadOptions,
  readSpans,
  type StoredSpan,
  type StoreReader,
  searchTraces,
} from '#query';
import { decodeTraces, type ZipkinSpan, zipkinSpans } from '#wire';
import { type Answer, JSON_TYPE, listPieces, StreamedAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import { Parameters } from '../http/parameters.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { tracesProtobuf } from '../shared/otlp-protobuf.ts';
import { bad, rangeOf, traceIdOf } from './parameters.ts';

/** Traces as lists of Zipkin's spans. They are made of OTLP by the rules of otelcol's exporter; names keep their case, since they are asked for by it. */

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 1500;
/** Ids of one request: an address holds no more. */
const MAX_IDS = 1000;

export const traceRoutes: readonly ApiRoute[] = [
  get('/traces', async (request) => traces(request, await matching(request))),
  get('/traceMany', ({ query, ...request }) => {
    const text = new Parameters(query).text('traceIds');
    if (text === undefined) throw bad('traceIds parameter is empty');
    const ids = [...new Set(text.split(',').map(traceIdOf))];
    if (ids.length > MAX_IDS) throw bad(`at most ${MAX_IDS} traceIds`);
    return traces({ query, ...request }, ids);
  }),
  get('/trace/:traceId', async ({ reader, path, options }) => {
    const id = traceIdOf(path['traceId']!);
    const found = await zipkinTraces(reader, [id], options);
    if (found.length === 0) throw new AnswerError(404, 'not_found', `${path['traceId']!.toLowerCase()} not found`);
    return new StreamedAnswer(JSON_TYPE, tracePieces(found[0]!));
  }),
];

function get(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path: `/api/v2${path}`, answer, isLarge: true };
}

async function traces({ reader, options }: ApiRequest, ids: readonly string[]): Promise<Answer> {
  const found = await zipkinTraces(reader, ids, options);
  return new StreamedAnswer(JSON_TYPE, listPieces(found.values().map(tracePieces)));
}

async function matching({ reader, query, options }: ApiRequest): Promise<readonly string[]> {
  const asked = new Parameters(query);
  const [minMicros, maxMicros] = [asked.number('minDuration'), asked.number('maxDuration')];
  if (minMicros === 0) throw bad('minDuration <= 0');
  if (maxMicros !== undefined && minMicros === undefined) throw bad('maxDuration is only valid with minDuration');
  if (maxMicros !== undefined && maxMicros < minMicros!) throw bad('maxDuration < minDuration');
  const found = await searchTraces(
    reader,
    {
      ...rangeOf(query),
      service: asked.text('serviceName'),
      operation: wholeOf(asked.text('spanName')),
      q: termsOf(asked.text('annotationQuery'), asked.text('remoteServiceName')),
      minDurationNs: minMicros === undefined ? undefined : minMicros * 1000,
      maxDurationNs: maxMicros === undefined ? undefined : maxMicros * 1000,
      sort: 'newest',
      limit: asked.limit('limit', DEFAULT_LIMIT, MAX_LIMIT),
    },
    options,
  );
  return found.traces.map(({ traceId }) => traceId);
}

/** `all` is any name. */
function wholeOf(name: string | undefined): string | undefined {
  return name === 'all' ? undefined : name;
}

/** `error and http.method=GET`, in the console's filter language. */
function termsOf(annotations: string | undefined, remoteService: string | undefined): string | undefined {
  const terms = (annotations?.split(/ and /) ?? []).flatMap((word) => {
    const term = word.trim();
    if (term === '') return [];
    if (term === 'error') return ['status=error'];
    const at = term.indexOf('=');
    return [at < 0 ? `${printKey(term)}=*` : equals(term.slice(0, at), term.slice(at + 1))];
  });
  if (remoteService !== undefined) terms.push(equals('service.peer.name', remoteService));
  return terms.length > 0 ? terms.join(' ') : undefined;
}

function equals(key: string, value: string): string {
  return `${printKey(key)}=${printValue({ kind: 'text', text: value, start: 0, end: 0 })}`;
}

/** In the order of the ids; those that are not there are left out. */
async function zipkinTraces(
  reader: StoreReader,
  ids: readonly string[],
  options: ReadOptions,
): Promise<readonly (readonly StoredSpan[])[]> {
  const places = await findPlaces(reader, ids, options);
  if (places.length === 0) return [];
  const found = await readSpans(reader, places, options);
  if (found.spans.length < found.foundCount)
    throw new QueryError('too_large', `the traces have ${found.foundCount} spans or more, too many for one answer`, {
      hint: 'ask for fewer traces',
    });
  const byTrace = Map.groupBy(found.spans, (span) => span.traceId);
  return ids.flatMap((id) => {
    const own = byTrace.get(id);
    return own === undefined ? [] : [own];
  });
}

const SPANS_AT_A_TIME = 200;

/** The JSON of a trace, some spans at a time. */
function tracePieces(spans: readonly StoredSpan[]): Iterable<string> {
  return listPieces(zipkinTrace(spans).map((span) => JSON.stringify(span)));
}

function* zipkinTrace(spans: readonly StoredSpan[]): Generator<ZipkinSpan> {
  for (let at = 0; at < spans.length; at += SPANS_AT_A_TIME) {
    const some = spans.slice(at, at + SPANS_AT_A_TIME);
    const { chunk } = decodeTraces(tracesProtobuf(some));
    const names = new Map(some.map((span) => [span.spanId, span.name]));
    for (const span of zipkinSpans(new Batch('traces', [chunk]), '').spans)
      yield { ...span, name: names.get(span.id) ?? span.name };
  }
}
