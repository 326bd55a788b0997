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
  SamplePool,
  StoreSource,
  whyNoData,
} from '#query/promql.ts';
import type { Answer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { one, routesByBoth } from '../shared/query-string.ts';
import { notesOf, queryAnswer, success } from './answers.ts';
import { badParameter, inForm, promError } from './errors.ts';
import { durationOf, limitOf, parametersOf, requiredTime, timeOf } from './parameters.ts';
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

function expressionOf(query: QueryString): PromExpr {
  const text = one(query, 'query') ?? '';
  try {
    return parsePromql(text);
  } catch (error) {
    if (error instanceof PromqlError) throw badParameter('query', error.message);
    if (error instanceof RangeError) throw badParameter('query', error.message);
    throw error;
  }
}

/** Of all queries that this server evaluates at a time: 17 bytes each, about. */
const POOL = new SamplePool(150_000_000);

function optionsOf(query: QueryString): EngineOptions {
  const lookbackMs = durationOf(query, 'lookback_delta');
  if (lookbackMs !== undefined && lookbackMs <= 0) throw badParameter('lookback_delta', 'must be more than 0');
  return { ...DEFAULT_OPTIONS, pool: POOL, ...(lookbackMs !== undefined && { lookbackMs }) };
}

/** The request's signal, which also ends at the query's own timeout. */
function signalOf(request: ApiRequest, query: QueryString): { readonly signal?: AbortSignal } {
  const timeoutMs = durationOf(query, 'timeout');
  const { signal } = request.options;
  if (timeoutMs === undefined) return signal === undefined ? {} : { signal };
  const timeout = AbortSignal.timeout(Math.min(Math.max(1, timeoutMs), MAX_TIMEOUT_MS));
  return { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
}

const TAKES_LESS = 'a shorter range, a longer step or fewer series (a label more) take less';
/** As long as a query may take here anyway; a timer takes no more than 24 days. */
const MAX_TIMEOUT_MS = 120_000;

async function instant(request: ApiRequest, query: QueryString): Promise<Answer> {
  const timeMs = timeOf(query, 'time', Date.now());
  const expr = expressionOf(query);
  const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  return evaluated(request, query, expr, times, (what) => queryInstant(what, timeMs));
}

const MAX_STEPS = 11_000;

async function range(request: ApiRequest, query: QueryString): Promise<Answer> {
  const startMs = requiredTime(query, 'start');
  const endMs = requiredTime(query, 'end');
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time');
  const stepMs = durationOf(query, 'step');
  if (stepMs === undefined) throw badParameter('step', 'cannot parse "" to a valid duration');
  if (stepMs <= 0)
    throw badParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((endMs - startMs) / stepMs > MAX_STEPS)
    throw promError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const expr = expressionOf(query);
  const times = { startMs, endMs, stepMs };
  return evaluated(request, query, expr, times, (what) => queryRange(what, times));
}

async function evaluated(
  request: ApiRequest,
  query: QueryString,
  expr: PromExpr,
  times: QueryTimes,
  run: (what: PromqlQuery) => Promise<PromqlAnswer>,
): Promise<Answer> {
  const signal = signalOf(request, query);
  const spent = { ms: 0, statements: [] as StatementCost[] };
  const isExplained = one(query, 'explain') === '1';
  const options = { ...request.options, timeoutMs: MAX_TIMEOUT_MS, ...signal, ...(isExplained && { spent }) };
  const limit = limitOf(query);
  const beginMs = performance.now();
  try {
    const source = new StoreSource(request.reader, options, QueryNames.ofQuery(expr));
    const engine = optionsOf(query);
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
    const notes = notesOf(answer.annotations, one(query, 'query') ?? '');
    return queryAnswer(answer, { ...notes, noData, explain }, limit, stats);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      throw promError('timeout', `query timed out in expression evaluation: ${TAKES_LESS}`);
    throw error;
  } finally {
    if (isExplained && request.options.spent !== undefined) request.options.spent.ms += spent.ms;
  }
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
  const fromMs = requiredTime(query, 'start');
  const toMs = requiredTime(query, 'end');
  if (toMs < fromMs) throw badParameter('end', 'end timestamp must not be before start timestamp');
  const found = new Map<string, object>();
  for (const { matchers } of selectorsIn(expressionOf(query))) {
    const list = await listExemplars(reader, matchers, { fromMs, toMs: toMs + 1 }, options);
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
