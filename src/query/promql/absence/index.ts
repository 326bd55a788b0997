/** Why a query has no data, worked out once it is known to have none: what was evaluated is remembered, and the store is asked a few small questions. */
import type { PromExpr } from '#lang/promql';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { QueryNames } from '../aliases/index.ts';
import type { PromqlAnswer } from '../query.ts';
import { type QueryTimes, rangeMsOf, referenceTime } from '../timing.ts';
import { causesOf, type EmptySelector } from './causes.ts';
import { type SelectorWindow, whySelectorIsEmpty } from './empty-selectors.ts';
import type { NoDataReason } from './reasons.ts';
import type { EvaluationTrace } from './trace.ts';

export type { NoDataReason } from './reasons.ts';
export { EvaluationTrace } from './trace.ts';

/** Together for all questions. */
const TIMEOUT_MS = 4_000;
/** Selectors that are looked into. */
const MAX_SELECTORS = 4;

export function hasNoData(answer: PromqlAnswer): boolean {
  if (answer.type === 'samples') {
    return answer.stored.every(
      ({ floats, histograms }) => floats.timesMs.length + (histograms?.timesMs.length ?? 0) === 0,
    );
  }
  if (answer.type !== 'vector' && answer.type !== 'matrix') return false;
  return answer.series.every(({ kinds }) => kinds.every((kind) => kind === 0));
}

/** Help, not truth: what can't be found out in a short time is left out. */
export async function whyNoData(
  reader: StoreReader,
  expr: PromExpr,
  {
    trace,
    times,
    lookbackMs,
    options,
  }: {
    readonly trace: EvaluationTrace;
    readonly times: QueryTimes;
    readonly lookbackMs: number;
    readonly options: ReadOptions;
  },
): Promise<readonly NoDataReason[]> {
  const { selectors, reasons } = causesOf(expr, trace);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal == null ? timeout : AbortSignal.any([options.signal, timeout]);
  const store = {
    reader,
    names: QueryNames.ofQuery(expr),
    options: { ...options, signal, cost: 'bounded' as const, timeoutMs: TIMEOUT_MS },
  };
  const found = [...reasons];
  for (const empty of distinct(selectors).slice(0, MAX_SELECTORS)) {
    try {
      found.push(...(await whySelectorIsEmpty(store, windowOf(empty, times, lookbackMs))));
    } catch (error) {
      if (options.signal?.aborted) throw error;
      break;
    }
  }
  return found;
}

/** Many expressions ask for the same series twice. */
function distinct(selectors: readonly EmptySelector[]): EmptySelector[] {
  const byText = new Map(
    selectors.map((each) => [
      JSON.stringify([each.selector.matchers, each.selector.offsetNs, each.range?.rangeNs]),
      each,
    ]),
  );
  return [...byText.values()];
}

function windowOf({ selector, range, reader }: EmptySelector, times: QueryTimes, lookbackMs: number): SelectorWindow {
  const reference = referenceTime(selector, times);
  const beforeMs = range === undefined ? lookbackMs : rangeMsOf(range, times);
  return {
    selector,
    reader,
    range: { fromMs: Math.max(0, reference(times.startMs) - beforeMs + 1), toMs: reference(times.endMs) + 1 },
  };
}
