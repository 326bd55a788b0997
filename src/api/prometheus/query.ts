import { goQuoted } from '#base';
import { formatPromql, type PromExpr, PromqlError, parsePromql, selectorsIn } from '#lang/promql';
import type { ExplainedQuery, StatementCost } from '#query/answers.ts';
import {
  DEFAULT_OPTIONS,
  type EngineOptions,
  EvaluationTrace,
  Explanation,
  hasNoData,
  listExemplars,
  type PromqlAnswer,
  type PromqlQuery,
  QueryNames,
  type QueryTimes,
  queryInstant,
  queryRange,
  rangeMistake,
  SamplePool,
  StoreSource,
  whyNoData,
} from '#query/promql.ts';
import { type Answer, TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { one, routesByBoth } from '../shared/query-string.ts';
import { notesOf, queryAnswer, success } from './answers.ts';
import { badParameter, inForm, promError } from './errors.ts';
import { limitOf, lookbackOf, parametersOf, requiredDuration, requiredTime, timeOf, timeoutOf } from './parameters.ts';
import { treeOf } from './parse-query.ts';

/** Queries: at one time, over a range, for exemplars, and the form of an expression. */

export const both: ReturnType<typeof routesByBoth> = routesByBoth(inForm, parametersOf);

export const queryRoutes: readonly ApiRoute[] = [
  ...both('/api/v1/query', instant),
  ...both('/api/v1/query_range', range),
  ...both('/api/v1/query_exemplars', exemplars),
  ...both('/api/v1/format_query', async (_, query) => success(formatPromql(expressionOf(query)))),
  ...both('/api/v1/parse_query', async (_, query) => success(treeOf(expressionOf(query)))),
];

function expressionOf(query: QueryString, fail = (message: string) => badParameter('query', message)): PromExpr {
  const text = one(query, 'query') ?? '';
  try {
    return parsePromql(text);
  } catch (error) {
    if (error instanceof PromqlError || error instanceof RangeError) throw fail(error.message);
    throw error;
  }
}

/** Of all queries that this server evaluates at a time: 17 bytes each, about. */
const POOL = new SamplePool(150_000_000);

function optionsOf(query: QueryString): EngineOptions {
  const lookbackMs = lookbackOf(query);
  return { ...DEFAULT_OPTIONS, pool: POOL, ...(lookbackMs !== undefined && { lookbackMs }) };
}

/** The request's signal, which also ends at the query's own timeout. */
function signalOf(request: ApiRequest, timeoutMs: number | undefined): { readonly signal?: AbortSignal } {
  const { signal } = request.options;
  if (timeoutMs === undefined) return signal === undefined ? {} : { signal };
  const timeout = AbortSignal.timeout(Math.min(Math.max(1, timeoutMs), MAX_TIMEOUT_MS));
  return { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
}

const TAKES_LESS = 'a shorter range, a longer step or fewer series (a label more) take less';
/** As long as a query may take here anyway; a timer takes no more than 24 days. */
const MAX_TIMEOUT_MS = 120_000;

async function instant(request: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = limitOf(query);
  const timeMs = timeOf(query, 'time', Date.now());
  const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  const bounds = boundsOf(query, limit);
  const expr = expressionOf(query);
  return evaluated(request, query, { expr, times, ...bounds }, (what) => queryInstant(what, timeMs));
}

const MAX_STEPS = 11_000;

async function range(request: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = limitOf(query);
  const startMs = requiredTime(query, 'start');
  const endMs = requiredTime(query, 'end');
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time');
  const stepMs = requiredDuration(query, 'step');
  if (stepMs <= 0)
    throw badParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if (Math.trunc((endMs - startMs) / stepMs) > MAX_STEPS)
    throw promError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const bounds = boundsOf(query, limit);
  const expr = expressionOf(query);
  const mistake = rangeMistake(expr);
  if (mistake !== undefined) throw badParameter('query', mistake);
  const times = { startMs, endMs, stepMs: Math.max(1, Math.trunc(stepMs)) };
  return evaluated(request, query, { expr, times, ...bounds }, (what) => queryRange(what, times));
}

/** Within which an expression is evaluated, and how much of the answer is wanted. */
interface Bounds {
  readonly limit: number;
  readonly timeoutMs: number | undefined;
  readonly engine: EngineOptions;
}

interface Evaluated extends Bounds {
  readonly expr: PromExpr;
  readonly times: QueryTimes;
}

function boundsOf(query: QueryString, limit: number): Bounds {
  return { limit, timeoutMs: timeoutOf(query), engine: optionsOf(query) };
}

async function evaluated(
  request: ApiRequest,
  query: QueryString,
  { expr, times, limit, timeoutMs, engine }: Evaluated,
  run: (what: PromqlQuery) => Promise<PromqlAnswer>,
): Promise<Answer> {
  const signal = signalOf(request, timeoutMs);
  const spent = { ms: 0, statements: [] as StatementCost[] };
  const isExplained = one(query, 'explain') === '1';
  const options = { ...request.options, timeoutMs: MAX_TIMEOUT_MS, ...signal, ...(isExplained && { spent }) };
  const beginMs = performance.now();
  try {
    const source = new StoreSource(request.reader, options, QueryNames.ofQuery(expr));
    const trace = new EvaluationTrace();
    const explanation = isExplained ? new Explanation(() => spent.statements.length) : undefined;
    const answer = await run({ expr, source, options: engine, trace, explanation, ...signal });
    const noData = hasNoData(answer)
      ? await whyNoData(request.reader, expr, { trace, times, lookbackMs: engine.lookbackMs, options })
      : [];
    for (const { text, place } of noData) answer.annotations.inform(`no data: ${text}`, place);
    const spentMs = performance.now() - beginMs;
    const stats = one(query, 'stats') === undefined ? undefined : statsOf(answer, spentMs);
    const explain = explanation && explained(explanation, spent.statements, answer, spentMs);
    const { warnings, infos } = notesOf(answer.annotations, one(query, 'query') ?? '');
    const notes = { warnings: [...warnings, ...statsWarning(query)], infos, noData, explain };
    return queryAnswer(answer, notes, limit, stats);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      throw promError('timeout', `query timed out in expression evaluation: ${TAKES_LESS}`);
    throw error;
  } finally {
    if (isExplained && request.options.spent !== undefined) request.options.spent.ms += spent.ms;
  }
}

function statsWarning(query: QueryString): string[] {
  const stats = one(query, 'stats') ?? 'all';
  if (stats === 'true' || stats === 'all') return [];
  const what = `value ${goQuoted(stats)} for parameter "stats" is deprecated and will be rejected in the next major release`;
  return [`${what}, use "true" or "all"`];
}

function statsOf({ samples, peakSamples }: PromqlAnswer, spentMs: number): object {
  const total = spentMs / 1000;
  return {
    timings: {
      evalTotalTime: total,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: total,
      execQueueTime: 0,
      execTotalTime: total,
    },
    samples: { totalQueryableSamples: samples, peakSamples },
  };
}

function explained(
  { root }: Explanation,
  statements: readonly StatementCost[],
  { samples, peakSamples }: PromqlAnswer,
  totalMs: number,
): ExplainedQuery {
  const sum = (of: (cost: StatementCost) => number): number => statements.reduce((total, cost) => total + of(cost), 0);
  const plan = root.nodes[0] ?? (root.statements.length > 0 ? root : undefined);
  return {
    ...(plan !== undefined && { plan }),
    statements,
    totalMs,
    storeMs: sum(({ storeMs }) => storeMs),
    rowsRead: sum(({ rowsRead }) => rowsRead),
    bytesRead: sum(({ bytesRead }) => bytesRead),
    samples,
    peakSamples,
  };
}

async function exemplars({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const fromMs = timeOf(query, 'start', 0);
  const toMs = timeOf(query, 'end', Date.now());
  if (toMs < fromMs) throw promError('bad_data', 'end timestamp must not be before start timestamp');
  const selectors = selectorsIn(expressionOf(query, (message) => promError('bad_data', message)));
  if (selectors.length === 0) return new TextAnswer('', '', { status: 204 });
  const found = new Map<string, object>();
  if (toMs < 0) return success([]);
  const range = { fromMs: Math.max(0, fromMs), toMs: toMs + 1 };
  for (const { matchers } of selectors) {
    const list = await listExemplars(reader, matchers, range, options);
    for (const { labels, exemplars: own } of list) {
      found.set(labels.key, {
        seriesLabels: Object.fromEntries(labels.pairs),
        exemplars: own.map(({ timeMs, value, traceId, spanId }) => ({
          labels: {
            ...(/[^0]/.test(traceId) && { trace_id: traceId }),
            ...(/[^0]/.test(spanId) && { span_id: spanId }),
          },
          value: String(value),
          timestamp: timeMs / 1000,
        })),
      });
    }
  }
  return success([...found.values()]);
}
