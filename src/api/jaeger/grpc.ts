import { ArenaWriter } from '#pdata';
import { QueryError, readWholeTrace, type StoredSpan } from '#query';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, GrpcMethod, GrpcRequest } from '../http/plugin.ts';
import { missingWarning } from '../shared/missing-warning.ts';
import { tracesProtobuf } from '../shared/otlp-protobuf.ts';
import { pinTrace } from '../shared/pin-trace.ts';
import { type AdjustedSpan, adjustTrace, rawTrace } from './adjust.ts';
import { jaegerDependencies } from './dependencies.ts';
import { type JaegerSearch, searchJaeger, tracesByIds } from './find.ts';
import { spansChunk } from './model-protobuf.ts';
import { traceIdOf } from './parameters.ts';
import {
  readDependenciesRequest,
  readOperationsRequest,
  readSearchRequest,
  readTraceRequest,
  type SearchRequest,
} from './requests.ts';
import { type JaegerSummary, listJaegerOperations, listJaegerServices, summariesOf, withWarnings } from './third.ts';

/**
 * Jaeger's query services over gRPC, of the second generation (jaeger.api_v2.QueryService, which Jaeger's clients and its storage tests speak) and
 * the third (jaeger.api_v3.QueryService, OTLP). What fails has the codes of Jaeger's handlers.
 */
export function jaegerMethods(needs: ApiNeeds): readonly GrpcMethod[] {
  return [...secondMethods(needs), ...THIRD_METHODS];
}

const second = (name: string): string => `/jaeger.api_v2.QueryService/${name}`;
const third = (name: string): string => `/jaeger.api_v3.QueryService/${name}`;

/** As many as Jaeger sends. */
const SPANS_PER_CHUNK = 10;
const SPANS_PER_MESSAGE = 100;
/** Clients take 4 MiB a message unless they say otherwise. */
const MESSAGE_BYTES = 2 * 1024 * 1024;

function secondMethods(needs: ApiNeeds): readonly GrpcMethod[] {
  return [
    { path: second('GetTrace'), answer: getSecond, isLarge: true },
    { path: second('FindTraces'), answer: findSecond, isLarge: true },
    {
      path: second('ArchiveTrace'),
      answer: async ({ message, reader, options }) => {
        await pinTrace(needs, reader, idOf(readTraceRequest(message, 2).traceId), options);
        return new Uint8Array(0);
      },
    },
    { path: second('GetServices'), answer: services },
    {
      path: second('GetOperations'),
      answer: async ({ message, reader, options }) => {
        const { service, kind } = readOperationsRequest(message);
        const found = await listJaegerOperations(reader, { service, kind: kind || undefined }, options);
        const out = new ArenaWriter();
        for (const name of new Set(found.map(({ name }) => name))) out.textField(1, name);
        for (const { name, spanKind } of found) pair(out, 2, name, spanKind);
        return out.finish();
      },
    },
    {
      path: second('GetDependencies'),
      answer: async ({ message, reader, options }) => {
        const { startMs, endMs } = readDependenciesRequest(message);
        if (startMs === undefined || endMs === undefined) throw bad('StartTime and EndTime must be initialized.');
        return dependenciesMessage(await jaegerDependencies(reader, rangeOf(startMs, endMs), options));
      },
    },
  ];
}

const THIRD_METHODS: readonly GrpcMethod[] = [
  { path: third('GetTrace'), answer: getThird, isLarge: true },
  { path: third('FindTraces'), answer: findThird, isLarge: true },
  { path: third('FindTraceSummaries'), answer: findSummaries },
  { path: third('GetServices'), answer: services },
  {
    path: third('GetOperations'),
    answer: async ({ message, reader, options }) => {
      const { service, kind } = readOperationsRequest(message);
      const out = new ArenaWriter();
      for (const { name, spanKind } of await listJaegerOperations(
        reader,
        { service, kind: kind || undefined },
        options,
      ))
        pair(out, 1, name, spanKind);
      return out.finish();
    },
  },
  {
    path: third('GetDependencies'),
    answer: async ({ message, reader, options }) => {
      const { startMs, endMs } = readDependenciesRequest(message);
      if (startMs === undefined) throw bad('start_time is required');
      if (endMs === undefined) throw bad('end_time is required');
      if (endMs <= startMs) throw bad('end_time must be after start_time');
      return dependenciesMessage(await jaegerDependencies(reader, rangeOf(startMs, endMs), options));
    },
  },
];

async function* getSecond({ message, reader, options }: GrpcRequest): AsyncGenerator<Uint8Array> {
  const { traceId, isRaw } = readTraceRequest(message, 2);
  const found = await wholeTrace(reader, idOf(traceId), options);
  yield* secondChunks((isRaw ? rawTrace : adjustTrace)(found.spans));
}

async function* findSecond(request: GrpcRequest): AsyncGenerator<Uint8Array> {
  const search = readSearchRequest(request.message);
  if (search === undefined) throw bad('missing query');
  for (const { spans } of await tracesFound(request, search)) yield* secondChunks(spans);
}

function* secondChunks(spans: readonly AdjustedSpan[]): Generator<Uint8Array> {
  for (let at = 0; at < spans.length; at += SPANS_PER_CHUNK) yield spansChunk(spans.slice(at, at + SPANS_PER_CHUNK));
}

async function* getThird({ message, reader, options }: GrpcRequest): AsyncGenerator<Uint8Array> {
  const { traceId, isRaw } = readTraceRequest(message, 3);
  const whole = await wholeTrace(reader, traceIdOf(traceId), options);
  yield* thirdChunks(withWarnings((isRaw ? rawTrace : adjustTrace)(whole.spans), missingWarning(whole)));
}

async function* findThird(request: GrpcRequest): AsyncGenerator<Uint8Array> {
  const search = thirdSearch(request.message);
  for (const { spans, warning } of await tracesFound(request, search)) yield* thirdChunks(withWarnings(spans, warning));
}

/** Messages of some spans of a trace, none too long for a client that has one span in it. */
function* thirdChunks(spans: readonly StoredSpan[]): Generator<Uint8Array> {
  for (let at = 0; at < spans.length; at += SPANS_PER_MESSAGE)
    yield* withinMessage(spans.slice(at, at + SPANS_PER_MESSAGE));
}

function* withinMessage(spans: readonly StoredSpan[]): Generator<Uint8Array> {
  const message = tracesProtobuf(spans);
  if (message.length <= MESSAGE_BYTES || spans.length === 1) {
    yield message;
    return;
  }
  const half = spans.length >> 1;
  yield* withinMessage(spans.slice(0, half));
  yield* withinMessage(spans.slice(half));
}

async function* findSummaries({ message, reader, options }: GrpcRequest): AsyncGenerator<Uint8Array> {
  const { traces } = await searchJaeger(reader, within(thirdSearch(message)), options);
  yield summariesMessage(await summariesOf(reader, traces, options));
}

function thirdSearch(message: Uint8Array): SearchRequest {
  const search = readSearchRequest(message);
  if (search === undefined) throw bad('missing query');
  if (search.fromMs === undefined || search.toMs === undefined)
    throw bad('start time min and max are required parameters');
  if (search.hasFilter) throw bad('structured filters are not supported; use attributes');
  return search;
}

async function tracesFound({ reader, options }: GrpcRequest, search: SearchRequest): ReturnType<typeof tracesByIds> {
  const { traces } = await searchJaeger(reader, within(search), options);
  const ids = traces.map(({ traceId }) => traceId);
  return tracesByIds(reader, ids, search.isRaw ? rawTrace : adjustTrace, options);
}

/** What says no time asks for all. */
function within(search: SearchRequest): JaegerSearch {
  const [fromMs, toMs] = [search.fromMs ?? 0, search.toMs ?? Date.now() + 1];
  if (fromMs >= toMs) throw bad('start time min must be before start time max');
  return { ...search, fromMs, toMs };
}

async function services({ reader, options }: GrpcRequest): Promise<Uint8Array> {
  const out = new ArenaWriter();
  for (const name of await listJaegerServices(reader, options)) out.textField(1, name);
  return out.finish();
}

function pair(out: ArenaWriter, field: number, first: string, other: string): void {
  const mark = out.begin(field);
  out.textField(1, first);
  out.textField(2, other);
  out.end(mark);
}

function dependenciesMessage(edges: Awaited<ReturnType<typeof jaegerDependencies>>): Uint8Array {
  const out = new ArenaWriter();
  for (const { parent, child, callCount } of edges) {
    const mark = out.begin(1);
    out.textField(1, parent);
    out.textField(2, child);
    out.uintField(3, callCount);
    out.end(mark);
  }
  return out.finish();
}

function summariesMessage(summaries: readonly JaegerSummary[]): Uint8Array {
  const out = new ArenaWriter();
  for (const summary of summaries) {
    const mark = out.begin(1);
    out.textField(1, summary.traceId);
    out.textField(2, summary.root?.rootServiceName ?? '');
    out.textField(3, summary.root?.rootOperationName ?? '');
    out.fixed64Field(4, summary.startNs);
    out.fixed64Field(5, summary.endNs);
    out.uintField(6, summary.spanCount);
    out.uintField(7, summary.errorSpanCount);
    out.uintField(8, summary.orphanSpanCount);
    for (const { name, spanCount, errorSpanCount } of summary.services) {
      const service = out.begin(9);
      out.textField(1, name);
      out.uintField(2, spanCount);
      out.uintField(3, errorSpanCount);
      out.end(service);
    }
    out.end(mark);
  }
  return out.finish();
}

/** Throws QueryError in Jaeger's words. */
async function wholeTrace(
  reader: GrpcRequest['reader'],
  traceId: string,
  options: GrpcRequest['options'],
): ReturnType<typeof readWholeTrace> {
  try {
    return await readWholeTrace(reader, traceId, options);
  } catch (error) {
    if (error instanceof QueryError && error.code === 'not_found') throw new QueryError('not_found', 'trace not found');
    throw error;
  }
}

function idOf(traceId: string): string {
  if (/^0*$/.test(traceId)) throw bad('uninitialized TraceID is not allowed');
  return traceId;
}

function rangeOf(fromMs: number, toMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (fromMs >= toMs) throw bad('the end must be after the start');
  return { fromMs: Math.max(0, fromMs), toMs };
}

function bad(message: string): AnswerError {
  return new AnswerError(400, 'bad_query', message);
}
