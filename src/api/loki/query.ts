/** Queries: at one time, over a range; and the form of a query. */
import { goDecimal } from '#base';
import { type LogExpr, LogqlError, type LogqlExpr, parseLogql, printLogql } from '#lang/logql';
import { type FoundLine, queryLines, queryMetricInstant, queryMetricRange, StoredLines } from '#query/logql.ts';
import type { PromqlAnswer } from '#query/promql.ts';
import { type Answer, JSON_TYPE, listPieces, StreamedAnswer, TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { one, routesByBoth } from '../shared/query-string.ts';
import { labelsText, matrixItem, seconds, vectorItem } from '../shared/series-json.ts';
import { bad, inForm } from './errors.ts';
import { countOf, directionOf, durationOf, msOf, parametersOf, rangeOf, timeOf } from './parameters.ts';

export const both: ReturnType<typeof routesByBoth> = routesByBoth(inForm, parametersOf);

export const queryRoutes: readonly ApiRoute[] = [
  ...both('/api/v1/query', instant),
  ...both('/api/v1/query_range', range),
  ...both('/api/v1/format_query', async (_, query) => formatted(one(query, 'query') ?? '')),
];

/** The only route whose mistakes are JSON. */
function formatted(text: string): Answer {
  try {
    return { status: 'success', data: printLogql(parseLogql(text)) };
  } catch (error) {
    if (!(error instanceof LogqlError)) throw error;
    return new TextAnswer(JSON_TYPE, JSON.stringify({ status: 'invalid-query', error: error.message }), {
      status: 400,
    });
  }
}

export const DEFAULT_LINES = 100;
export const MOST_LINES = 5_000;
/** Points of one series. */
const MOST_STEPS = 11_000;

async function instant(request: ApiRequest, query: QueryString): Promise<Answer> {
  const text = one(query, 'query') ?? '';
  const expr = parseLogql(text);
  if (expr.kind === 'logs')
    throw bad('log queries are not supported as an instant query type, please change your query to a range query type');
  // Of no meaning to a metric, and read all the same.
  countOf(query, 'limit', DEFAULT_LINES);
  directionOf(query);
  const timeNs = timeOf(query, 'time', BigInt(Date.now()) * 1_000_000n);
  return metric(await queryMetricInstant(asked(request, text, expr), Math.floor(msOf(timeNs))));
}

async function range(request: ApiRequest, query: QueryString): Promise<Answer> {
  const text = one(query, 'query') ?? '';
  const expr = parseLogql(text);
  const { startNs, endNs } = rangeOf(query, 1);
  const [startMs, endMs] = [Math.floor(msOf(startNs)), Math.floor(msOf(endNs))];
  const stepMs = durationOf(query, 'step') ?? defaultStepMs(startMs, endMs);
  if (stepMs <= 0) throw bad('zero or negative query resolution step widths are not accepted. Try a positive integer');
  if (expr.kind === 'logs') return lines(request, query, { text, expr, startNs, endNs });
  if ((endMs - startMs) / stepMs > MOST_STEPS)
    throw bad(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    );
  return metric(await queryMetricRange(asked(request, text, expr), { startMs, endMs, stepMs }));
}

/** Of a range about 250 points, in whole seconds. */
function defaultStepMs(startMs: number, endMs: number): number {
  return Math.max(1000, Math.floor((endMs - startMs) / 1000 / 250) * 1000);
}

/** What the parameter `query` asks for, which may be all lines, or `{}`. */
export function logsOf(query: QueryString): { readonly text: string; readonly expr: LogExpr } {
  const text = one(query, 'query') ?? '{}';
  if (/^\s*\{\s*\}\s*$/.test(text))
    return { text, expr: { kind: 'logs', matchers: [], stages: [], start: 0, end: text.length } };
  const expr = parseLogql(text);
  if (expr.kind !== 'logs') throw bad('only log selector is supported');
  return { text, expr };
}

function asked<Expr extends LogqlExpr>({ reader, options }: ApiRequest, text: string, expr: Expr) {
  return { expr, text, source: new StoredLines(reader, options), signal: options.signal };
}

interface AskedLines {
  readonly text: string;
  readonly expr: LogExpr;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

async function lines(
  request: ApiRequest,
  query: QueryString,
  { text, expr, startNs, endNs }: AskedLines,
): Promise<Answer> {
  const limit = countOf(query, 'limit', DEFAULT_LINES, MOST_LINES);
  const direction = directionOf(query);
  const intervalMs = durationOf(query, 'interval') ?? 0;
  if (intervalMs < 0) throw bad('interval must be >= 0');
  const intervalNs = BigInt(intervalMs) * 1_000_000n;
  const found = await queryLines({ ...asked(request, text, expr), startNs, endNs, limit, direction, intervalNs });
  return new StreamedAnswer(JSON_TYPE, streamPieces(found, isCategorized(request)));
}

/** Whether the client wants labels apart by where they come from. */
export function isCategorized({ headers }: ApiRequest): boolean {
  const flags = String(headers['x-loki-response-encoding-flags'] ?? '').split(',');
  return flags.some((flag) => flag.trim() === 'categorize-labels');
}

function* streamPieces(found: readonly FoundLine[], categorized: boolean): Generator<string> {
  const encoding = categorized ? ',"encodingFlags":["categorize-labels"]' : '';
  yield `{"status":"success","data":{"resultType":"streams"${encoding},"result":`;
  yield* listPieces(streamsOf(found, categorized));
  yield `,"stats":${JSON.stringify(statsOfLines(found))}}}`;
}

/** Lines under the labels that they share, streams in the order of their labels. */
export function streamsOf(found: readonly FoundLine[], categorized: boolean): readonly string[] {
  const streams = Map.groupBy(found, ({ labels, categories }) => (categorized ? categories.stream : labels).toString());
  return [...streams]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, own]) => {
      const { labels, categories } = own[0]!;
      const values = own.map((line) => valueText(line, categorized));
      return `{"stream":${labelsText(categorized ? categories.stream : labels)},"values":[${values.join(',')}]}`;
    });
}

function valueText({ timeNs, line, categories: { structured, parsed } }: FoundLine, categorized: boolean): string {
  const start = `["${timeNs}",${JSON.stringify(line)}`;
  if (!categorized) return `${start}]`;
  const metadata = {
    ...(Object.keys(structured).length > 0 && { structuredMetadata: structured }),
    ...(Object.keys(parsed).length > 0 && { parsed }),
  };
  return `${start},${JSON.stringify(metadata)}]`;
}

/** What Loki's clients read of how a query went. */
export function statsOfLines(found: readonly FoundLine[]): object {
  const bytes = found.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
  return {
    summary: {
      bytesProcessedPerSecond: 0,
      linesProcessedPerSecond: 0,
      totalBytesProcessed: bytes,
      totalLinesProcessed: found.length,
      execTime: 0,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: found.length,
      splits: 0,
      shards: 0,
    },
  };
}

function metric(answer: PromqlAnswer): Answer {
  return new StreamedAnswer(JSON_TYPE, metricPieces(answer));
}

function* metricPieces(answer: PromqlAnswer): Generator<string> {
  yield `{"status":"success","data":{"resultType":${JSON.stringify(answer.type)},"result":`;
  // Loki writes no exponents.
  if (answer.type === 'scalar') yield `[${seconds(answer.grid.startMs)},"${goDecimal(answer.series[0]!.floats[0]!)}"]`;
  else if (answer.type === 'vector')
    yield* listPieces(
      answer.series.filter(({ kinds }) => kinds[0] !== 0).map((series) => vectorItem(series, answer.grid, goDecimal)),
    );
  else if (answer.type === 'matrix')
    yield* listPieces(answer.series.map((series) => matrixItem(series, answer.grid, goDecimal)));
  else yield '[]';
  yield `,"stats":${JSON.stringify(statsOfLines([]))}}}`;
}
