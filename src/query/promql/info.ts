import { quotePattern } from '#base';
import { childrenOf, type LabelMatcher, matcherTest, type PromExpr, promType } from '#lang/promql';
import type { Evaluation } from './evaluation.ts';
import { LookbackCursor } from './instant.ts';
import { isReserved, Labels } from './labels.ts';
import { ABSENT, copyValue, PromqlExecutionError, type StepSeries, timeAt } from './matrix.ts';
import type { StoredSeries } from './source.ts';
import { type QueryTimes, referenceTime } from './timing.ts';

/** `info(v, {labels})`: adds labels of info metrics, `target_info` without a selector, that have the same job and instance. */

const IDENTIFYING = ['instance', 'job'] as const;

/** Which info metrics are asked, and for which of their labels. */
interface InfoSelector {
  readonly names: readonly LabelMatcher[];
  /** By label; empty for all labels. */
  readonly labels: ReadonlyMap<string, readonly LabelMatcher[]>;
}

function readSelector(selector: PromExpr | undefined): InfoSelector {
  const matchers = selector?.kind === 'selector' ? selector.matchers : [];
  const names = matchers.filter(({ name }) => name === '__name__');
  const labels = new Map<string, LabelMatcher[]>();
  for (const matcher of matchers) {
    if (matcher.name !== '__name__') labels.set(matcher.name, [...(labels.get(matcher.name) ?? []), matcher]);
  }
  return { names: effectiveNames(names), labels };
}

/** Without a name, `target_info`; with names to leave out only, all others that end in `_info`. */
function effectiveNames(names: readonly LabelMatcher[]): readonly LabelMatcher[] {
  if (names.length === 0) return [{ name: '__name__', operator: '=', value: 'target_info' }];
  if (names.some(({ operator }) => operator === '=' || operator === '=~')) return names;
  return [{ name: '__name__', operator: '=~', value: '.+_info' }, ...names];
}

export async function addInfo(
  evaluation: Evaluation,
  times: QueryTimes,
  base: readonly StepSeries[],
  argument: PromExpr,
  selector: PromExpr | undefined,
): Promise<StepSeries[]> {
  const wanted = readSelector(selector);
  const isName = wanted.names.map(matcherTest);
  /** Info series themselves stay as they are. */
  const isInfo = ({ labels }: StepSeries): boolean => isName.every((test) => test(labels.metricName));
  const enriched = base.filter((series) => !isInfo(series));
  const found = await findInfo(evaluation, times, enriched, argument, wanted);
  const table = evaluation.newTable();
  for (let step = 0; step < evaluation.grid.count; step++) {
    const bySignature = infoAt(found, step);
    for (const series of base) {
      if (series.kinds[step] === ABSENT) continue;
      const labels = isInfo(series) ? series.labels : labelsWithInfo(series.labels, bySignature, wanted);
      if (labels !== undefined) copyValue(series, table.at(step, labels, series.dropsName), step);
    }
  }
  return table.series;
}

/** An info series, and when its sample at each step was taken; NaN for none. */
interface InfoSeries {
  readonly labels: Labels;
  readonly takenMs: Float64Array;
}

async function findInfo(
  evaluation: Evaluation,
  times: QueryTimes,
  base: readonly StepSeries[],
  argument: PromExpr,
  wanted: InfoSelector,
): Promise<InfoSeries[]> {
  const { context, grid } = evaluation;
  if (base.length === 0) return [];
  const reference = referenceOf(argument, times);
  const steps = [reference(timeAt(grid, 0)), reference(timeAt(grid, grid.count - 1))];
  const matchers = [
    ...wanted.names,
    ...[...wanted.labels].flatMap(([name, list]) => (name === '__name__' ? [] : list)),
  ];
  const found = new Map<string, InfoSeries>();
  for (const identity of identityMatchers(base)) {
    const stored = await context.source.select({
      matchers: [...matchers, ...identity],
      fromMs: Math.min(...steps) - context.options.lookbackMs,
      toMs: Math.max(...steps),
    });
    for (const each of stored) {
      context.budget.take(each.floats.timesMs.length);
      found.set(each.labels.key, readInfo(evaluation, each, reference));
    }
  }
  return [...found.values()];
}

function readInfo(
  { grid, context }: Evaluation,
  stored: StoredSeries,
  reference: (timeMs: number) => number,
): InfoSeries {
  const takenMs = new Float64Array(grid.count).fill(Number.NaN);
  const cursor = new LookbackCursor(stored, context.options.lookbackMs);
  for (let step = 0; step < grid.count; step++) {
    const sample = cursor.at(reference(timeAt(grid, step)));
    if (sample === undefined) continue;
    if (sample.isHistogram)
      throw new PromqlExecutionError(`this should be an info metric, with float samples: ${stored.labels}`);
    takenMs[step] = stored.floats.timesMs[sample.at]!;
  }
  return { labels: stored.labels, takenMs };
}

/** Info is read at the time that all selectors of the argument look at, if all of it comes from selectors that agree. */
function referenceOf(argument: PromExpr, times: QueryTimes): (timeMs: number) => number {
  const references = selectorReferences(argument, times, (timeMs) => timeMs);
  const first = references[0];
  // Two times are enough to tell linear functions apart.
  const isSame =
    first !== undefined && references.every((each) => each?.(0) === first(0) && each?.(1000) === first(1000));
  return isSame ? first : (timeMs) => timeMs;
}

type Reference = (timeMs: number) => number;

/** Of all selectors in an expression; those within a subquery are shifted by it, too. Undefined for a vector without any. */
function selectorReferences(expr: PromExpr, times: QueryTimes, outer: Reference): (Reference | undefined)[] {
  const type = promType(expr);
  if (type !== 'vector' && type !== 'matrix') return [];
  if (expr.kind === 'selector') {
    const shift = referenceTime(expr, times);
    return [(timeMs) => shift(outer(timeMs))];
  }
  let inner = outer;
  if (expr.kind === 'subquery') {
    const shift = referenceTime(expr, times);
    inner = (timeMs) => shift(outer(timeMs));
  }
  const isInfo = expr.kind === 'call' && expr.name === 'info';
  const children = isInfo ? expr.arguments.slice(0, 1) : childrenOf(expr);
  const found = children.flatMap((child) => selectorReferences(child, times, inner));
  return found.length > 0 ? found : [undefined];
}

/** One set of matchers for each combination of identifying labels that the series have. */
function identityMatchers(base: readonly StepSeries[]): LabelMatcher[][] {
  const groups = new Map<string, Map<string, Set<string>>>();
  for (const { labels } of base) {
    const present = IDENTIFYING.filter((name) => labels.get(name) !== '');
    if (present.length === 0) continue;
    const key = present.join();
    const group = groups.get(key) ?? new Map<string, Set<string>>();
    groups.set(key, group);
    for (const name of present) group.set(name, (group.get(name) ?? new Set()).add(labels.get(name)));
  }
  return Array.from(groups.values(), (group) =>
    IDENTIFYING.map((name) => {
      const values = group.get(name);
      if (values === undefined) return { name, operator: '=', value: '' };
      return { name, operator: '=~', value: [...values].sort().map(quotePattern).join('|') };
    }),
  );
}

function signatureOf(name: string, labels: Labels): string {
  return Labels.of([['__name__', name], ...IDENTIFYING.map((label) => [label, labels.get(label)] as const)]).key;
}

/** The info of a step by name, job and instance: of two, the one whose sample is newer. */
function infoAt(found: readonly InfoSeries[], step: number): Map<string, InfoSeries> {
  const bySignature = new Map<string, InfoSeries>();
  for (const info of found) {
    const takenMs = info.takenMs[step]!;
    if (Number.isNaN(takenMs)) continue;
    const signature = signatureOf(info.labels.metricName, info.labels);
    const known = bySignature.get(signature);
    const knownMs = known?.takenMs[step] ?? Number.NEGATIVE_INFINITY;
    if (knownMs === takenMs)
      throw new PromqlExecutionError(
        `found duplicate series for info metric: existing ${known!.labels} @ ${knownMs}, new ${info.labels} @ ${takenMs}`,
      );
    if (knownMs < takenMs) bySignature.set(signature, info);
  }
  return bySignature;
}

/** Undefined for a series that is left out, because no info has the labels that were asked for. */
function labelsWithInfo(
  labels: Labels,
  bySignature: ReadonlyMap<string, InfoSeries>,
  wanted: InfoSelector,
): Labels | undefined {
  const added = new Map<string, string>();
  let isFound = false;
  for (const name of new Set(Array.from(bySignature.values(), (info) => info.labels.metricName))) {
    const info = bySignature.get(signatureOf(name, labels));
    if (info === undefined) continue;
    isFound = true;
    for (const [label, value] of info.labels.pairs) {
      if (isReserved(label) || (wanted.labels.size > 0 && !wanted.labels.has(label))) continue;
      const other = added.get(label);
      if (other !== undefined && other !== value) throw new PromqlExecutionError(`conflicting label: ${label}`);
      if (labels.get(label) === '') added.set(label, value);
    }
  }
  if (!isFound) {
    const mayLack = [...wanted.labels.values()].flat().every((matcher) => matcherTest(matcher)(''));
    if (!mayLack) return undefined;
  }
  return added.size === 0 ? labels : Labels.of([...labels.pairs, ...added]);
}
