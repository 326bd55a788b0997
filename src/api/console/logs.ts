import { sleep } from '#base';
import { queryLanguage } from '#lang/filter';
import {
  countLines,
  explainEmptyLogs,
  findLinePatterns,
  followLogs,
  type LineQuestion,
  type LogFilter,
  type LogPage,
  type LogRecord,
  logHistogram,
  type ReadOptions,
  readLines,
  readLog,
  readLogPatterns,
  readTraceLogs,
  SEVERITY_GROUPS,
  type StoreReader,
  searchLines,
  searchLogs,
} from '#query';
import { NDJSON_TYPE, StreamedAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import { type Parameters, parseId } from '../http/parameters.ts';
import { PerTenant } from '../http/per-tenant.ts';
import type { ApiNeeds } from '../http/plugin.ts';
import type { LogLinker } from '../log-links.ts';
import type { ConsoleRequest } from './request.ts';
import type {
  EmptyReasonResponse,
  LogHistogramResponse,
  LogPatternsResponse,
  LogRecordResponse,
  LogsResponse,
  TraceLogsResponse,
} from './types.ts';

const DIRECTIONS = ['older', 'newer'] as const;
const MAX_TRACE_LOGS = 5000;

/** A filter, and beside it a query in LogQL that the filter can't say. */
interface Asked {
  readonly filter: LogFilter;
  readonly lines: LineQuestion | undefined;
}

async function askedOf({ reader, query, options }: ConsoleRequest): Promise<Asked> {
  const q = query.text('q');
  const filter = filterOf(query);
  if (q === undefined || queryLanguage(q, 'logs') === 'filter') return { filter: { ...filter, q }, lines: undefined };
  const lines = await readLines(reader, q, filter, options);
  return lines.condition === undefined
    ? { filter, lines }
    : { filter: { ...filter, matching: lines.condition }, lines: undefined };
}

function filterOf(query: Parameters): Omit<LogFilter, 'q'> {
  const traceId = query.text('traceId');
  return {
    ...query.range(),
    service: query.text('service'),
    severities: query.listOf('severity', SEVERITY_GROUPS),
    traceId: traceId === undefined ? undefined : parseId(traceId, 16, 'trace id'),
    environment: query.text('environment'),
  };
}

export function logsRoute({ logLinks }: ApiNeeds): (request: ConsoleRequest) => Promise<LogsResponse> {
  return async (request) => {
    const { reader, query, options } = request;
    const limit = query.limit('limit', 200, 2000);
    const direction = query.oneOf('direction', DIRECTIONS) ?? 'older';
    const page = { limit, cursor: query.text('cursor'), direction };
    const { logs, truncated, nextCursor, nearestMs } = await pageOf(reader, await askedOf(request), page, options);
    return {
      logs: await linked(logs, logLinks),
      truncated,
      limit,
      ...(nextCursor !== undefined && { nextCursor }),
      ...(nearestMs !== undefined && { nearestMs }),
    };
  };
}

async function linked(logs: readonly LogRecord[], logLinks: LogLinker | undefined): Promise<readonly LogRecord[]> {
  return logLinks === undefined ? logs : logLinks.link(logs);
}

interface WantedPage {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly direction: (typeof DIRECTIONS)[number];
}

function pageOf(
  reader: StoreReader,
  { filter, lines }: Asked,
  page: WantedPage,
  options: ReadOptions,
): Promise<LogPage> {
  const asked = { ...filter, ...page };
  return lines === undefined ? searchLogs(reader, asked, options) : searchLines(reader, lines, asked, options);
}

export async function logPatternsRoute(request: ConsoleRequest): Promise<LogPatternsResponse> {
  const { reader, options } = request;
  const { filter, lines } = await askedOf(request);
  return lines === undefined
    ? readLogPatterns(reader, filter, options)
    : findLinePatterns(reader, lines, filter, options);
}

/** Records of a page of an export: so many are in memory at a time. */
const EXPORTED_AT_ONCE = 2000;

export async function logsExportRoute(request: ConsoleRequest): Promise<StreamedAnswer> {
  return new StreamedAnswer(NDJSON_TYPE, recordLines(request.reader, await askedOf(request), request.options));
}

async function* recordLines(reader: StoreReader, asked: Asked, options: ReadOptions): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = { limit: EXPORTED_AT_ONCE, cursor, direction: 'older' } as const;
    const { logs, truncated, nextCursor } = await pageOf(reader, asked, page, options);
    for (const log of logs) yield `${JSON.stringify(log)}\n`;
    cursor = truncated ? nextCursor : undefined;
  } while (cursor !== undefined);
}

const MOST_FIRST = 1000;
const LOOK_EVERY_MS = 1_000;
/** Of one tenant: each asks the store once a second. */
const MOST_TAILS = 10;

/** GET /api/console/logs/tail : records as they arrive, a line of JSON each; an empty line where nothing arrived. */
export function logsTailRoute({ logLinks }: ApiNeeds): (request: ConsoleRequest) => Promise<StreamedAnswer> {
  const ofTenants = new PerTenant(() => ({ count: 0 }));
  return async (request) => {
    const { reader, query, options } = request;
    const own = ofTenants.of(reader.tenant);
    if (own.count >= MOST_TAILS)
      throw new AnswerError(429, 'too_many', `${MOST_TAILS} tails are open already: end one of them`);
    const { filter, lines } = await askedOf(request);
    const records = followLogs(
      reader,
      {
        filter,
        lines,
        fromMs: filter.fromMs,
        limit: query.limit('limit', 10, MOST_FIRST),
        nowMs: Date.now,
        pause: async () => {
          await sleep(LOOK_EVERY_MS);
          options.signal?.throwIfAborted();
        },
      },
      options,
    );
    return new StreamedAnswer(NDJSON_TYPE, tailPieces(records, own, logLinks), { isLive: true });
  };
}

async function* tailPieces(
  records: AsyncGenerator<readonly LogRecord[]>,
  open: { count: number },
  logLinks: LogLinker | undefined,
): AsyncGenerator<string> {
  open.count++;
  try {
    for await (const some of records) {
      const lines = (await linked(some, logLinks)).map((record) => `${JSON.stringify(record)}\n`);
      yield lines.length === 0 ? '\n' : lines.join('');
    }
  } finally {
    open.count--;
  }
}

export function logRecordRoute({ logLinks }: ApiNeeds): (request: ConsoleRequest) => Promise<LogRecordResponse> {
  return async ({ reader, query, options }) => {
    const log = await readLog(reader, query.required('id'), options);
    return { log: (await linked([log], logLinks))[0]! };
  };
}

export async function logHistogramRoute(request: ConsoleRequest): Promise<LogHistogramResponse> {
  const { reader, options } = request;
  const { filter, lines } = await askedOf(request);
  return lines === undefined ? logHistogram(reader, filter, options) : countLines(reader, lines, filter, options);
}

/** Of a query in LogQL it says what the conditions beside it leave. */
export async function logsEmptyReasonRoute(request: ConsoleRequest): Promise<EmptyReasonResponse> {
  const { filter } = await askedOf(request);
  return explainEmptyLogs(request.reader, filter, request.options);
}

export function traceLogsRoute({ logLinks }: ApiNeeds): (request: ConsoleRequest) => Promise<TraceLogsResponse> {
  return async ({ reader, query, path, options }) => {
    const spanId = query.text('spanId');
    const asked = {
      traceId: parseId(path['traceId']!, 16, 'trace id'),
      spanId: spanId === undefined ? undefined : parseId(spanId, 8, 'span id'),
      limit: MAX_TRACE_LOGS,
    };
    const { logs, ...rest } = await readTraceLogs(reader, asked, options);
    return { logs: await linked(logs, logLinks), ...rest, limit: MAX_TRACE_LOGS };
  };
}
