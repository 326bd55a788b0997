import { DecodeError } from '#base';
import { ProtoReader } from '#wire';
import { DEFAULT_TRACES, type JaegerSearch } from './find.ts';

/** Messages of Jaeger's gRPC services (jaeger-idl proto/api_v2/query.proto, api_v3/query_service.proto). All functions throw a DecodeError. */

/** What both generations ask of one trace. */
export interface TraceRequest {
  /** In hex; empty where the message has none. */
  readonly traceId: string;
  readonly isRaw: boolean;
}

/** `GetTraceRequest` and `ArchiveTraceRequest`; the id is bytes in the second generation, text in the third. */
export function readTraceRequest(message: Uint8Array, generation: 2 | 3): TraceRequest {
  let traceId = '';
  let isRaw = false;
  const request = new ProtoReader(message);
  while (request.next()) {
    if (request.field === 1) traceId = generation === 2 ? hexId(request.view()) : request.text();
    else if (request.field === 4) isRaw = request.bool();
    else request.skip();
  }
  return { traceId, isRaw };
}

function hexId(bytes: Uint8Array): string {
  if (bytes.length !== 16 && bytes.length !== 8 && bytes.length !== 0)
    throw new DecodeError(`a trace id of ${bytes.length} bytes`);
  return Buffer.from(bytes).toString('hex').padStart(32, '0');
}

/** What is asked of a search; times are undefined where nothing was said. */
export interface SearchRequest extends Omit<JaegerSearch, 'fromMs' | 'toMs'> {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly isRaw: boolean;
  /** A structured filter. */
  readonly hasFilter: boolean;
}

/** The query of a request to find traces, or summaries of them; undefined where there is none. */
export function readSearchRequest(message: Uint8Array): SearchRequest | undefined {
  let search: SearchRequest | undefined;
  const request = new ProtoReader(message);
  while (request.next()) {
    if (request.field === 1) search = readQuery(request.message());
    else request.skip();
  }
  return search;
}

function readQuery(query: ProtoReader): SearchRequest {
  const tags: Record<string, string> = Object.create(null);
  const texts: (string | undefined)[] = [];
  const ns: (bigint | undefined)[] = [];
  let limit = 0;
  let isRaw = false;
  let hasFilter = false;
  while (query.next()) {
    const { field } = query;
    if (field <= 2) texts[field] = query.text() || undefined;
    else if (field === 3) {
      const [key, value] = readEntry(query.message());
      tags[key] = value;
    } else if (field <= 7) ns[field] = readNs(query.message());
    else if (field === 8) limit = query.int();
    else if (field === 9) isRaw = query.bool();
    else {
      hasFilter ||= field === 10;
      query.skip();
    }
  }
  const [fromMs, toMs] = [4, 5].map((field) => (ns[field] === undefined ? undefined : Number(ns[field]) / 1e6));
  const [minDurationNs, maxDurationNs] = [6, 7].map((field) => Number(ns[field] ?? 0n) || undefined);
  const times = { fromMs, toMs, minDurationNs, maxDurationNs };
  const own = { service: texts[1], operation: texts[2], tags, limit: limit > 0 ? limit : DEFAULT_TRACES };
  return { ...own, ...times, isRaw, hasFilter };
}

function readEntry(entry: ProtoReader): readonly [string, string] {
  const texts = ['', '', ''];
  while (entry.next()) {
    if (entry.field <= 2) texts[entry.field] = entry.text();
    else entry.skip();
  }
  return [texts[1]!, texts[2]!];
}

/** A Timestamp or a Duration. */
function readNs(message: ProtoReader): bigint {
  let [seconds, nanos] = [0n, 0n];
  while (message.next()) {
    if (message.field === 1) seconds = message.int64();
    else if (message.field === 2) nanos = message.int64();
    else message.skip();
  }
  return seconds * 1_000_000_000n + nanos;
}

/** `GetOperationsRequest`. */
export function readOperationsRequest(message: Uint8Array): { readonly service: string; readonly kind: string } {
  const [service, kind] = readEntry(new ProtoReader(message));
  return { service, kind };
}

/** `GetDependenciesRequest`, in ms. */
export function readDependenciesRequest(message: Uint8Array): {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
} {
  const ns: (bigint | undefined)[] = [];
  const request = new ProtoReader(message);
  while (request.next()) {
    if (request.field <= 2) ns[request.field] = readNs(request.message());
    else request.skip();
  }
  const ms = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value) / 1e6);
  return { startMs: ms(ns[1]), endMs: ms(ns[2]) };
}
