import { resolveDateMath } from '#base/date-math.ts';
import { DEFAULT_SCRAPE_INTERVAL_MS, parseInterval, queryIntervals } from './interval.ts';
import type { Panel, Target } from './model.ts';
import { type AnsweredBy, answeredBy, type SourceKind } from './sources.ts';
import type { TimeSpan } from './time-span.ts';
import { type TraceQuestion, traceQuestionOf } from './trace-question.ts';
import {
  type AppliedFilters,
  interpolate,
  intervalMacros,
  type Scope,
  ScopeOf,
  withAdHocFilters,
  withAdHocLogFilters,
} from './variables/index.ts';

/** A query of a panel, ready to be sent to the API of its source. */
export interface PanelQuery {
  readonly source: SourceKind;
  readonly refId: string;
  readonly target: Target;
  /** PromQL, LogQL or TraceQL; for the eyes alone where `traces` says what is asked. */
  readonly expr: string;
  readonly legend: string;
  readonly format: Target['format'];
  /** At the end of the time alone. */
  readonly isInstant: boolean;
  readonly time: TimeSpan;
  readonly stepMs: number;
  /** What the API's times have to be moved by to stand where they are shown: of `timeShift`. */
  readonly shiftMs: number;
  /** What is asked of traces; undefined for other sources. */
  readonly traces: TraceQuestion | undefined;
}

export interface PanelPlan {
  readonly queries: readonly PanelQuery[];
  /** Targets that nobody here answers, and why. */
  readonly unanswered: readonly { readonly refId: string; readonly reason: string }[];
}

export interface PanelContext {
  readonly scope: Scope;
  readonly time: TimeSpan;
  /** How many points the drawing has room for: its width in pixels. */
  readonly widthPx: number;
  readonly scrapeIntervalMs?: number;
  /** Of the dashboard's ad hoc variables. */
  readonly filters?: readonly AppliedFilters[];
}

/** What a panel asks for, with all variables and macros replaced. */
export function planPanel(panel: Panel, context: PanelContext): PanelPlan {
  const { scope } = context;
  const shown = panel.targets.filter((target) => !target.isHidden);
  const time = timeOf(panel, context);
  const panelSource = answeredBy(panel.source, scope);
  const queries: PanelQuery[] = [];
  const unanswered: { refId: string; reason: string }[] = [];
  for (const target of shown) {
    const source = sourceOf(target, panelSource, scope);
    if (!isAnswered(source)) {
      unanswered.push({ refId: target.refId, reason: source.reason });
      continue;
    }
    const traces = source.kind === 'tempo' ? traceQuestionOf(target, scope) : undefined;
    if (traces !== undefined || (source.kind !== 'tempo' && target.expr.trim() !== ''))
      queries.push(queryOf(panel, { target, source: source.kind, traces }, context, time));
    else if (target.json.type === 'math' || target.json.expression !== undefined)
      unanswered.push({
        refId: target.refId,
        reason: "is an expression of Grafana's own, which is not worked out yet",
      });
  }
  return { queries, unanswered };
}

/** A target that names its source without a type is of the panel's. */
function sourceOf({ source }: Target, panelSource: AnsweredBy, scope: Scope): AnsweredBy {
  if (source === undefined) return panelSource;
  const isOfPanel = source.type === '' && (panelSource.kind === 'loki' || panelSource.kind === 'tempo');
  return isOfPanel ? panelSource : answeredBy(source, scope);
}

function isAnswered(source: AnsweredBy): source is Extract<AnsweredBy, { kind: SourceKind }> {
  return !('reason' in source);
}

function queryOf(
  panel: Panel,
  { target, source, traces }: Pick<PanelQuery, 'target' | 'source' | 'traces'>,
  { scope, widthPx, scrapeIntervalMs = DEFAULT_SCRAPE_INTERVAL_MS, filters = [] }: PanelContext,
  { time, shiftMs }: ShiftedTime,
): PanelQuery {
  const intervals = queryIntervals({
    time,
    maxDataPoints: panel.maxDataPoints ?? Math.max(1, widthPx),
    minStep: interpolate(target.minStep, scope, 'glob'),
    minInterval: interpolate(panel.minInterval, scope, 'glob'),
    intervalFactor: target.intervalFactor,
    scrapeIntervalMs,
  });
  const own = new ScopeOf(intervalMacros(intervals), scope);
  const expr = traces === undefined ? interpolate(target.expr, own, 'promql') : traces.text;
  return {
    source,
    traces,
    refId: target.refId,
    target,
    expr: filtered(expr, source, filters),
    legend: interpolate(target.legend, scope, 'text'),
    format: target.format,
    isInstant: source === 'loki' ? isInstantOfLoki(target) : target.isInstant && !(target.json.range === true),
    time,
    stepMs: intervals.stepMs,
    shiftMs,
  };
}

function isInstantOfLoki({ isInstant, json }: Target): boolean {
  return json.queryType === undefined ? isInstant : json.queryType === 'instant';
}

/** What can't be read is sent as it is: the answer says what is wrong with it. */
function filtered(expr: string, source: SourceKind, applied: readonly AppliedFilters[]): string {
  if (source === 'tempo') return expr;
  const own = applied.flatMap((each) => (each.source === undefined || each.source === source ? each.filters : []));
  if (own.length === 0) return expr;
  try {
    return source === 'loki' ? withAdHocLogFilters(expr, own) : withAdHocFilters(expr, own);
  } catch {
    return expr;
  }
}

interface ShiftedTime {
  readonly time: TimeSpan;
  readonly shiftMs: number;
}

/** With a panel's own `Relative time` and `Time shift`. */
function timeOf(panel: Panel, { time, scope }: PanelContext): ShiftedTime {
  const since = interpolate(panel.timeFrom, scope, 'glob');
  const lengthMs = parseInterval(since.replace(/^now-?/, ''));
  const shiftMs = parseInterval(interpolate(panel.timeShift, scope, 'glob')) ?? 0;
  const toMs = time.toMs - shiftMs;
  // `now/d`, `1d/d`: since a day of the calendar began. As with a length, the end of the page's range is now.
  const rounded = since.startsWith('now') ? since : `now-${since}`;
  const fromMs = lengthMs === undefined ? resolveDateMath(rounded, time.toMs, 'from') : time.toMs - lengthMs;
  return { time: { fromMs: (fromMs ?? time.fromMs) - shiftMs, toMs }, shiftMs };
}
