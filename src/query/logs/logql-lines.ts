/**
 * What the list of logs tells of a query in LogQL. Where the store has words for the query it is a condition like all others (`readLines`); else its
 * lines go through the pipeline here, and their records are read by their places.
 */
import { type LogExpr, LogqlError, parseLogql } from '#lang/logql';
import type { LogHistogram, LogPatterns, LogRecord, SeverityGroup } from '../answers/index.ts';
import {
  changesLines,
  type FoundLine,
  type LineSelection,
  type LineSource,
  queryLines,
  queryMetricRange,
  StoredLines,
  storedLinesCondition,
} from '../logql/index.ts';
import { chooseGrid } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { logs, type TimeRange } from '../source/index.ts';
import { allOf, type Sql } from '../sql/index.ts';
import {
  type LogFilter,
  type LogPage,
  type LogQuery,
  logCondition,
  parseCursor,
  printCursor,
  readRecords,
  SEVERITY_GROUPS,
} from './logs.ts';
import { LOOKED_AT, patternsOf } from './patterns.ts';

const HISTOGRAM_BUCKETS = 100;

/** A query for lines, as it was asked. */
export interface LineQuestion {
  readonly query: string;
  readonly expr: LogExpr;
  /** What the store can say it by: then nothing else needs to know of the query. */
  readonly condition: Sql | undefined;
}

/** Reads a query. Throws QueryError with the place of a mistake, and for a query that makes series. */
export async function readLines(
  reader: StoreReader,
  query: string,
  range: TimeRange,
  options?: ReadOptions,
): Promise<LineQuestion> {
  const expr = parsed(query);
  if (expr.kind !== 'logs')
    throw new QueryError('bad_query', 'the query makes series, and is asked for lines', { query });
  return { query, expr, condition: await storedLinesCondition(reader, expr, nsOf(range), options) };
}

function parsed(query: string): ReturnType<typeof parseLogql> {
  try {
    return parseLogql(query);
  } catch (error) {
    if (!(error instanceof LogqlError)) throw error;
    const { start, end } = error.range;
    throw new QueryError('bad_query', error.message, { query, start, end, cause: error });
  }
}

/** Whole milliseconds; both ends are in. */
function nsOf({ fromMs, toMs }: TimeRange): { readonly firstNs: bigint; readonly lastNs: bigint } {
  return { firstNs: BigInt(Math.floor(fromMs)) * 1_000_000n, lastNs: BigInt(Math.ceil(toMs)) * 1_000_000n - 1n };
}

/** Lines of the store that meet a condition as well. */
class NarrowedLines implements LineSource {
  readonly #lines: StoredLines;
  readonly #also: Sql;

  constructor(lines: StoredLines, also: Sql) {
    this.#lines = lines;
    this.#also = also;
  }

  read(selection: LineSelection): ReturnType<LineSource['read']> {
    return this.#lines.read({ ...selection, also: this.#also });
  }

  count(selection: LineSelection, by: Parameters<StoredLines['count']>[1]): ReturnType<StoredLines['count']> {
    return this.#lines.count({ ...selection, also: this.#also }, by);
  }
}

async function sourceOf(reader: StoreReader, filter: LogFilter, options?: ReadOptions): Promise<LineSource> {
  const also = allOf([await logCondition(filter), logs.within(filter)]);
  return new NarrowedLines(new StoredLines(reader, options), also);
}

/** As `searchLogs`. Throws QueryError. */
export async function searchLines(
  reader: StoreReader,
  { expr, query: text }: LineQuestion,
  query: LogQuery,
  options?: ReadOptions,
): Promise<LogPage> {
  const cursor = query.cursor ? parseCursor(query.cursor) : undefined;
  const newer = query.direction === 'newer' && cursor !== undefined;
  const { firstNs, lastNs } = nsOf(query);
  const found = await queryLines({
    expr,
    text,
    source: await sourceOf(reader, query, options),
    signal: options?.signal,
    startNs: newer ? cursor.timeNs : firstNs,
    endNs: cursor === undefined || newer ? lastNs + 1n : cursor.timeNs + 1n,
    direction: newer ? 'forward' : 'backward',
    limit: query.limit + 1,
    beyond: cursor && { ...cursor, arrivedNs: cursor.ingestedAtNs },
  });
  const wanted = found.slice(0, query.limit);
  const records = await readRecords(reader, query, wanted.map(placeOf), options);
  const known = new Map(records.map((record) => [record.id, record]));
  // What is too much for one page is on the next.
  const end = wanted.findIndex((line) => !known.has(printCursor(placeOf(line))));
  const page = (end < 0 ? wanted : wanted.slice(0, end)).map((line) => recordOf(line, known, expr));
  const truncated = found.length > page.length && page.length > 0;
  if (newer) page.reverse();
  return {
    logs: page,
    truncated,
    nextCursor: truncated ? (newer ? page[0] : page.at(-1))?.id : undefined,
    nearestMs: undefined,
  };
}

const placeOf = ({ timeNs, arrivedNs, record }: FoundLine) => ({ timeNs, ingestedAtNs: arrivedNs, record });

function recordOf(line: FoundLine, known: ReadonlyMap<string, LogRecord>, { stages }: LogExpr): LogRecord {
  const record = known.get(printCursor(placeOf(line)))!;
  const { parsed: taken } = line.categories;
  return {
    ...record,
    ...(changesLines(stages) && { body: line.line }),
    ...(Object.keys(taken).length > 0 && { parsed: taken }),
  };
}

/** OTLP's numbers and our groups of Loki's levels. */
const LEVELS: { readonly [level: string]: readonly [severity: number, group: SeverityGroup] } = {
  trace: [1, 'trace'],
  debug: [5, 'debug'],
  info: [9, 'info'],
  warn: [13, 'warn'],
  error: [17, 'error'],
  critical: [21, 'fatal'],
  fatal: [21, 'fatal'],
};
const NO_LEVEL = [0, 'unset'] as const;

/** As `logHistogram`. Throws QueryError. */
export async function countLines(
  reader: StoreReader,
  { expr, query }: LineQuestion,
  filter: LogFilter,
  options?: ReadOptions,
): Promise<LogHistogram> {
  const grid = chooseGrid(filter, HISTOGRAM_BUCKETS);
  const { startMs, stepMs, count } = grid;
  const { start, end } = expr;
  const counted = {
    ...({ kind: 'range', operator: 'count_over_time', parameter: undefined, logs: expr, unwrap: undefined } as const),
    ...{ rangeNs: stepMs * 1e6, offsetNs: 0, atMs: undefined, atEdge: undefined, grouping: undefined, start, end },
  };
  // A line that no parser could read is in the list, and is counted: metrics alone refuse it, unless they are asked by what went wrong.
  const grouping = { labels: ['detected_level', 'service_name', '__error__'], isWithout: false };
  const sum = { kind: 'vector-aggregation', operator: 'sum', parameter: undefined, expr: counted, grouping } as const;
  const source = await sourceOf(reader, filter, options);
  const answer = await queryMetricRange(
    { expr: { ...sum, start, end }, text: query, source, signal: options?.signal },
    { startMs: startMs + stepMs, endMs: startMs + count * stepMs, stepMs },
  );
  const counts = new Map(SEVERITY_GROUPS.map((group) => [group, new Array<number>(count).fill(0)]));
  const services = new Map<string, number>();
  for (const { labels, kinds, floats } of answer.type === 'matrix' ? answer.series : []) {
    const own = counts.get((LEVELS[labels.get('detected_level')] ?? NO_LEVEL)[1])!;
    const service = labels.get('service_name');
    let total = 0;
    for (let step = 0; step < count; step++) {
      if (kinds[step] === 0) continue;
      own[step]! += floats[step]!;
      total += floats[step]!;
    }
    services.set(service, (services.get(service) ?? 0) + total);
  }
  const groups = [...counts].map(([severity, own]) => ({
    severity,
    counts: own,
    total: own.reduce((sum, n) => sum + n, 0),
  }));
  return {
    grid,
    groups,
    total: groups.reduce((sum, group) => sum + group.total, 0),
    services: [...services].map(([name, n]) => ({ name, count: n })).sort((a, b) => b.count - a.count),
  };
}

/** As `readLogPatterns`. Throws QueryError. */
export async function findLinePatterns(
  reader: StoreReader,
  { expr, query: text }: LineQuestion,
  filter: LogFilter,
  options?: ReadOptions,
): Promise<LogPatterns> {
  const { firstNs, lastNs } = nsOf(filter);
  const found = await queryLines({
    expr,
    text,
    source: await sourceOf(reader, filter, options),
    signal: options?.signal,
    startNs: firstNs,
    endNs: lastNs + 1n,
    direction: 'backward',
    limit: LOOKED_AT,
  });
  const lines = found.map((line) => ({
    line: line.line,
    timeMs: Number(line.timeNs / 1_000_000n),
    severity: (LEVELS[line.labels.get('detected_level')] ?? NO_LEVEL)[0],
    id: printCursor(placeOf(line)),
  }));
  return patternsOf(lines, filter);
}
