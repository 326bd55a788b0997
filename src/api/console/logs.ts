import {
  explainEmptyLogs,
  type LogFilter,
  logHistogram,
  type ReadOptions,
  readLog,
  readTraceLogs,
  SEVERITY_GROUPS,
  type StoreReader,
  searchLogs,
} from '#query';
import { NDJSON_TYPE, StreamedAnswer } from '../http/answers.ts';
import { type Parameters, parseId } from '../http/parameters.ts';
import type { ConsoleRequest } from './request.ts';
import type {
  EmptyReasonResponse,
  LogHistogramResponse,
  LogRecordResponse,
  LogsResponse,
  TraceLogsResponse,
} from './types.ts';

const DIRECTIONS = ['older', 'newer'] as const;
const MAX_TRACE_LOGS = 5000;

function filterOf(query: Parameters): LogFilter {
  const traceId = query.text('traceId');
  return {
    ...query.range(),
    q: query.text('q'),
    service: query.text('service'),
    severities: query.listOf('severity', SEVERITY_GROUPS),
    traceId: traceId === undefined ? undefined : parseId(traceId, 16, 'trace id'),
    environment: query.text('environment'),
  };
}

export async function logsRoute({ reader, query, options }: ConsoleRequest): Promise<LogsResponse> {
  const limit = query.limit('limit', 200, 2000);
  const direction = query.oneOf('direction', DIRECTIONS) ?? 'older';
  const asked = { ...filterOf(query), limit, cursor: query.text('cursor'), direction };
  const { logs, truncated, nextCursor, nearestMs } = await searchLogs(reader, asked, options);
  return {
    logs,
    truncated,
    limit,
    ...(nextCursor !== undefined && { nextCursor }),
    ...(nearestMs !== undefined && { nearestMs }),
  };
}

/** Records of a page of an export: so many are in memory at a time. */
const EXPORTED_AT_ONCE = 2000;

export function logsExportRoute({ reader, query, options }: ConsoleRequest): StreamedAnswer {
  return new StreamedAnswer(NDJSON_TYPE, recordLines(reader, filterOf(query), options));
}

async function* recordLines(reader: StoreReader, filter: LogFilter, options: ReadOptions): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const asked = { ...filter, limit: EXPORTED_AT_ONCE, cursor, direction: 'older' } as const;
    const { logs, truncated, nextCursor } = await searchLogs(reader, asked, options);
    for (const log of logs) yield `${JSON.stringify(log)}\n`;
    cursor = truncated ? nextCursor : undefined;
  } while (cursor !== undefined);
}

export async function logRecordRoute({ reader, query, options }: ConsoleRequest): Promise<LogRecordResponse> {
  return { log: await readLog(reader, query.required('id'), options) };
}

export async function logHistogramRoute({ reader, query, options }: ConsoleRequest): Promise<LogHistogramResponse> {
  return logHistogram(reader, filterOf(query), options);
}

export async function logsEmptyReasonRoute({ reader, query, options }: ConsoleRequest): Promise<EmptyReasonResponse> {
  return explainEmptyLogs(reader, filterOf(query), options);
}

export async function traceLogsRoute({ reader, query, path, options }: ConsoleRequest): Promise<TraceLogsResponse> {
  const spanId = query.text('spanId');
  const asked = {
    traceId: parseId(path['traceId']!, 16, 'trace id'),
    spanId: spanId === undefined ? undefined : parseId(spanId, 8, 'span id'),
    limit: MAX_TRACE_LOGS,
  };
  return { ...(await readTraceLogs(reader, asked, options)), limit: MAX_TRACE_LOGS };
}
