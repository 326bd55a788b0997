import { formatPromql, type PromExpr, PromqlError, parsePromql, selectorsIn } from '#lang/promql';
import {
  DEFAULT_OPTIONS,
  type EngineOptions,
  listExemplars,
  queryInstant,
  queryRange,
  StoreSource,
} from '#query/promql.ts';
import type { Answer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { notesOf, queryAnswer, success } from './answers.ts';
import { badParameter, inForm, promError } from './errors.ts';
import { durationOf, limitOf, one, parametersOf, requiredTime, timeOf } from './parameters.ts';
import { treeOf } from './parse-query.ts';

/** Queries: at one time, over a range, for exemplars, and the form of an expression. */

/** By GET and by POST with a form, as clients like it. */
export function both(
  path: string,
  answer: (request: ApiRequest, query: QueryString) => Promise<Answer>,
): readonly ApiRoute[] {
  const answerInForm = inForm((request) => answer(request, parametersOf(request)));
  return (['GET', 'POST'] as const).map((method) => ({ method, path, answer: answerInForm }));
}

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

function optionsOf(query: QueryString): EngineOptions {
  const lookbackMs = durationOf(query, 'lookback_delta');
  if (lookbackMs !== undefined && lookbackMs <= 0) throw badParameter('lookback_delta', 'must be more than 0');
  return lookbackMs === undefined ? DEFAULT_OPTIONS : { ...DEFAULT_OPTIONS, lookbackMs };
}

/** The request's signal, which also ends at the query's own timeout. */
function signalOf(request: ApiRequest, query: QueryString): { readonly signal?: AbortSignal } {
  const timeoutMs = durationOf(query, 'timeout');
  const { signal } = request.options;
  if (timeoutMs === undefined) return signal === undefined ? {} : { signal };
  const timeout = AbortSignal.timeout(Math.min(Math.max(1, timeoutMs), MAX_TIMEOUT_MS));
  return { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
}

/** As long as a query may take here anyway; a timer takes no more than 24 days. */
const MAX_TIMEOUT_MS = 120_000;

async function instant(request: ApiRequest, query: QueryString): Promise<Answer> {
  const timeMs = timeOf(query, 'time', Date.now());
  const expr = expressionOf(query);
  return evaluated(request, query, (what) => queryInstant({ ...what, expr }, timeMs));
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
  return evaluated(request, query, (what) => queryRange({ ...what, expr }, { startMs, endMs, stepMs }));
}

type What = Omit<Parameters<typeof queryInstant>[0], 'expr'>;

async function evaluated(
  request: ApiRequest,
  query: QueryString,
  run: (what: What) => ReturnType<typeof queryInstant>,
): Promise<Answer> {
  const signal = signalOf(request, query);
  const options = { ...request.options, ...signal };
  const limit = limitOf(query);
  const beginMs = performance.now();
  try {
    const source = new StoreSource(request.reader, options);
    const answer = await run({ source, options: optionsOf(query), ...signal });
    const stats = one(query, 'stats') === undefined ? undefined : statsOf(answer.samples, performance.now() - beginMs);
    return queryAnswer(answer, notesOf(answer.annotations, one(query, 'query') ?? ''), limit, stats);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      throw promError('timeout', 'query timed out in expression evaluation');
    throw error;
  }
}

function statsOf(samples: number, spentMs: number): object {
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
    samples: { totalQueryableSamples: samples, peakSamples: samples },
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
