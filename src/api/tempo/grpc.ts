import { ArenaWriter } from '#pdata';
import {
  type FoundSpanSet,
  type FoundTraceByQuery,
  type Inspected,
  queryTraceqlInstant,
  queryTraceqlRange,
} from '#query/traceql.ts';
import { ProtoReader } from '#wire';
import type { GrpcMethod, GrpcRequest } from '../http/plugin.ts';
import { writeAttributes } from '../shared/otlp-protobuf.ts';
import { asTempoError } from './errors.ts';
import { DEFAULT_EXEMPLARS } from './metrics.ts';
import { bad, checkedStep, type NsRange } from './parameters.ts';
import { askedOver, rootOf, search, shownTraceId } from './search.ts';
import { limitOf, listTags, listValues, plainTags, TAGS_DEFAULT_MS } from './tags.ts';
import { tagsQuery } from './tags-query.ts';

/**
 * tempopb.StreamingQuerier, which Grafana asks on the port of HTTP where streaming is on. Every answer is one message: it is made when all of it is
 * known, and is the last one, which has everything.
 */
export const tempoMethods: readonly GrpcMethod[] = [
  method('Search', searchMessage),
  method('SearchTags', async (request) => {
    const out = new ArenaWriter();
    for (const tag of plainTags(await tagsOf(request))) out.textField(1, tag);
    out.end(out.begin(2));
    return out.finish();
  }),
  method('SearchTagsV2', async (request) => {
    const out = new ArenaWriter();
    for (const { name, tags } of await tagsOf(request)) {
      const mark = out.begin(1);
      out.textField(1, name);
      for (const tag of tags) out.textField(2, tag);
      out.end(mark);
    }
    out.end(out.begin(2));
    return out.finish();
  }),
  method('SearchTagValues', async (request) => {
    const out = new ArenaWriter();
    for (const { value } of await valuesOf(request)) out.textField(1, value);
    out.end(out.begin(2));
    return out.finish();
  }),
  method('SearchTagValuesV2', async (request) => {
    const out = new ArenaWriter();
    for (const { type, value } of await valuesOf(request)) {
      const mark = out.begin(1);
      out.textField(1, type);
      out.textField(2, value);
      out.end(mark);
    }
    out.end(out.begin(2));
    return out.finish();
  }),
  method('MetricsQueryRange', rangeMessage),
  method('MetricsQueryInstant', instantMessage),
];

function method(name: string, answer: (request: GrpcRequest) => Promise<Uint8Array>): GrpcMethod {
  return {
    path: `/tempopb.StreamingQuerier/${name}`,
    isLarge: true,
    answer: async function* (request) {
      try {
        yield await answer(request);
      } catch (error) {
        throw asTempoError(error);
      }
    },
  };
}

/** Fields of a message by their numbers: texts, numbers, and of maps of texts the entries. */
interface Fields {
  readonly texts: readonly (string | undefined)[];
  readonly numbers: readonly (bigint | undefined)[];
  readonly maps: readonly (readonly (readonly [string, string])[] | undefined)[];
}

/** Reads the fields that are named. Throws DecodeError. */
function readFields(
  message: Uint8Array,
  known: {
    readonly texts?: readonly number[];
    readonly numbers?: readonly number[];
    readonly maps?: readonly number[];
  },
): Fields {
  const texts: (string | undefined)[] = [];
  const numbers: (bigint | undefined)[] = [];
  const maps: [string, string][][] = [];
  const reader = new ProtoReader(message);
  while (reader.next()) {
    const { field } = reader;
    if (known.texts?.includes(field)) texts[field] = reader.text();
    else if (known.numbers?.includes(field)) numbers[field] = reader.uint64();
    else if (known.maps?.includes(field)) {
      const entry = ['', '', ''];
      const inner = reader.message();
      while (inner.next()) {
        if (inner.field <= 2) entry[inner.field] = inner.text();
        else inner.skip();
      }
      const entries = maps[field] ?? [];
      maps[field] = entries;
      entries.push([entry[1]!, entry[2]!]);
    } else reader.skip();
  }
  return { texts, numbers, maps };
}

const SECOND_NS = 1_000_000_000n;

/** Of seconds; what is not said is the last `defaultMs`. */
function secondsRange(start: bigint | undefined, end: bigint | undefined, defaultMs: number): NsRange {
  const endNs = end ? end * SECOND_NS : BigInt(Date.now()) * 1_000_000n + SECOND_NS;
  return checked({ startNs: start ? start * SECOND_NS : endNs - BigInt(defaultMs) * 1_000_000n, endNs });
}

function checked(range: NsRange): NsRange {
  if (range.startNs >= range.endNs) throw bad('start must be before end');
  if (range.endNs >= 1n << 63n) throw bad('end lies behind the year 2262');
  return range;
}

const HOUR_MS = 3_600_000;

async function searchMessage({ message, reader, options }: GrpcRequest): Promise<Uint8Array> {
  const { texts, numbers, maps } = readFields(message, { texts: [8], numbers: [2, 3, 4, 5, 6, 9], maps: [1] });
  const ms = (field: number): bigint | undefined => (numbers[field] ? numbers[field] * 1_000_000n : undefined);
  const tags = maps[1]?.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ');
  const asked = askedOver({
    ...secondsRange(numbers[5], numbers[6], HOUR_MS),
    query: texts[8] || tagsQuery(tags, { minNs: ms(2), maxNs: ms(3) }),
    limit: Number(numbers[4] ?? 0n),
    spansPerSpanSet: Number(numbers[9] ?? 0n),
  });
  const found = await search(reader, asked, options);
  const out = new ArenaWriter();
  for (const trace of found.traces) writeTrace(out, trace);
  writeMetrics(out, found.inspected);
  return out.finish();
}

function writeTrace(out: ArenaWriter, trace: FoundTraceByQuery): void {
  const { rootServiceName, rootTraceName } = rootOf(trace);
  const mark = out.begin(1);
  out.textField(1, shownTraceId(trace.traceId));
  out.textField(2, rootServiceName);
  out.textField(3, rootTraceName);
  out.uintField(4, Number(trace.startNs));
  out.uintField(5, Number(trace.durationNs / 1_000_000n));
  if (trace.spanSets.length > 0) writeSet(out, 6, trace.spanSets[0]!);
  for (const set of trace.spanSets) writeSet(out, 7, set);
  for (const { name, spanCount, errorCount } of trace.services) {
    const entry = out.begin(8);
    out.textField(1, name);
    const stats = out.begin(2);
    out.uintField(1, spanCount);
    out.uintField(2, errorCount);
    out.end(stats);
    out.end(entry);
  }
  out.end(mark);
}

function writeSet(out: ArenaWriter, field: number, { spans, matched, attributes }: FoundSpanSet): void {
  const mark = out.begin(field);
  for (const span of spans) {
    const inner = out.begin(1);
    out.textField(1, span.spanId);
    out.textField(2, span.name ?? '');
    out.tag(3, 0);
    out.varint64(span.startNs);
    out.tag(4, 0);
    out.varint64(span.durationNs);
    writeAttributes(out, 5, span.attributes);
    out.end(inner);
  }
  out.uintField(2, matched);
  writeAttributes(out, 3, attributes);
  out.end(mark);
}

function writeMetrics(out: ArenaWriter, { traces, bytes, spans }: Inspected): void {
  const mark = out.begin(2);
  out.uintField(1, traces);
  out.uintField(2, Math.round(bytes));
  out.uintField(4, 1);
  out.uintField(5, 1);
  out.uintField(7, spans);
  out.end(mark);
}

function tagsOf({ message, reader, options }: GrpcRequest): ReturnType<typeof listTags> {
  const { texts, numbers } = readFields(message, { texts: [1, 2], numbers: [3, 4, 5] });
  const asked = { scope: texts[1] || undefined, filter: texts[2] ?? '', limit: limitOf(Number(numbers[5] ?? 0n)) };
  return listTags(reader, { ...secondsRange(numbers[3], numbers[4], TAGS_DEFAULT_MS), ...asked }, options);
}

function valuesOf({ message, reader, options }: GrpcRequest): ReturnType<typeof listValues> {
  const { texts, numbers } = readFields(message, { texts: [1, 2], numbers: [4, 5, 6] });
  const asked = { name: texts[1] ?? '', filter: texts[2] ?? '', limit: limitOf(Number(numbers[6] ?? 0n)) };
  return listValues(reader, { ...secondsRange(numbers[4], numbers[5], TAGS_DEFAULT_MS), ...asked }, options);
}

/** Of nanoseconds, which must be said. */
function askedSeries(message: Uint8Array): NsRange & { readonly query: string; readonly numbers: Fields['numbers'] } {
  const { texts, numbers } = readFields(message, { texts: [1], numbers: [2, 3, 4, 16] });
  if (!texts[1]) throw bad('invalid query: it is missing');
  if (!numbers[2] || !numbers[3]) throw bad('start and end are required');
  return { query: texts[1], ...checked({ startNs: numbers[2], endNs: numbers[3] }), numbers };
}

async function rangeMessage({ message, reader, options }: GrpcRequest): Promise<Uint8Array> {
  const { numbers, ...asked } = askedSeries(message);
  const exemplars = Math.min(Number(numbers[16] || BigInt(DEFAULT_EXEMPLARS)), DEFAULT_EXEMPLARS);
  const found = await queryTraceqlRange(
    reader,
    { ...asked, stepNs: checkedStep(numbers[4], asked), exemplars },
    options,
  );
  const out = new ArenaWriter();
  for (const { labels, samples, exemplars } of found.series) {
    const mark = out.begin(1);
    writeAttributes(out, 1, labels);
    for (const { timestampMs, value } of samples) {
      const sample = out.begin(2);
      out.doubleField(1, value);
      out.uintField(2, timestampMs);
      out.end(sample);
    }
    for (const exemplar of exemplars) {
      const inner = out.begin(4);
      writeAttributes(out, 1, exemplar.labels);
      out.doubleField(2, exemplar.value);
      out.uintField(3, exemplar.timestampMs);
      out.end(inner);
    }
    out.end(mark);
  }
  writeSeriesEnd(out, found);
  return out.finish();
}

async function instantMessage({ message, reader, options }: GrpcRequest): Promise<Uint8Array> {
  const { numbers: _, ...asked } = askedSeries(message);
  const found = await queryTraceqlInstant(reader, asked, options);
  const out = new ArenaWriter();
  for (const { labels, value } of found.series) {
    const mark = out.begin(1);
    writeAttributes(out, 1, labels);
    out.doubleField(2, value);
    out.end(mark);
  }
  writeSeriesEnd(out, found);
  return out.finish();
}

const PARTIAL = 1;

function writeSeriesEnd(
  out: ArenaWriter,
  { inspected, warnings }: { readonly inspected: Inspected; readonly warnings: readonly string[] },
): void {
  writeMetrics(out, inspected);
  if (warnings.length === 0) return;
  out.uintField(3, PARTIAL);
  out.textField(4, warnings.join('; '));
}
