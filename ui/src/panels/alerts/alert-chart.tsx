/** What a rule measures over time, with its limit as a line. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { alertsBySeries } from '../../lib/alerting/alert-series.ts';
import { type Condition, conditionOf, isPromql, logqlConditionOf } from '../../lib/alerting/condition.ts';
import { limitText } from '../../lib/alerting/measure.ts';
import type { ApiFailure } from '../../lib/api.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { chooseStep, drawingOf } from '../../lib/frames/promql.ts';
import { askPlain } from '../../lib/plain-api.ts';
import { askPrometheus, type PromResult, type PromSeries } from '../../lib/prometheus.ts';
import type { PromLabels } from '../../lib/promql/legend.ts';
import { unitOfQuery } from '../../lib/promql/unit.ts';
import { useScope } from '../../lib/scope.tsx';
import { useTheme } from '../../lib/theme.tsx';
import { TimeSeries } from '../../viz/time-series/time-series.tsx';

interface AlertChartProps {
  readonly title: string;
  readonly expr: string;
  /** Of the expression, PromQL where absent. */
  readonly language?: 'promql' | 'logql';
  /** Only the series of these alerts are drawn; all where there are none. */
  readonly alerts?: readonly PromLabels[];
  readonly height?: number;
}

const WIDTH_PX = 900;

/** Nothing for what is no PromQL, where nothing says that it is LogQL: only the server evaluates it. */
export function AlertChart(props: AlertChartProps) {
  return props.language === 'logql' || isPromql(props.expr) ? <ExprChart {...props} /> : null;
}

function ExprChart({ title, expr, language = 'promql', alerts = [], height = 150 }: AlertChartProps) {
  const { fromMs, toMs, zoomTo } = useScope();
  const { tokens } = useTheme();
  const isLogql = language === 'logql';
  const condition = useMemo(() => (isLogql ? logqlConditionOf(expr) : conditionOf(expr)), [isLogql, expr]);
  const measured = condition?.measured ?? expr;
  const grid = useMemo(() => chooseStep(fromMs, toMs, WIDTH_PX), [fromMs, toMs]);
  const { startMs, stepMs, count } = grid;
  const answer = useQuery<readonly PromSeries[], ApiFailure>({
    queryKey: ['alert chart', language, measured, startMs, stepMs, count],
    queryFn: async ({ signal }) => {
      const end = (startMs + (count - 1) * stepMs) / 1000;
      const params = { query: measured, start: startMs / 1000, end, step: stepMs / 1000 };
      const { data } = isLogql
        ? await askPlain<{ data: PromResult }>('/loki/api/v1/query_range', { params }, signal)
        : await askPrometheus<PromResult>('/query_range', params, signal);
      return data.resultType === 'matrix' ? (data.result as readonly PromSeries[]) : [];
    },
    placeholderData: keepPreviousData,
  });
  const drawing = useMemo(() => {
    const all = answer.data ?? [];
    const alerting = alertsBySeries(
      all.map(({ metric }) => metric),
      alerts.map((labels) => ({ labels })),
    );
    const series = alerts.length === 0 ? all : all.filter(({ metric }) => alerting.has(metric));
    const query = { letter: 'a' as const, text: measured, legend: '', isHidden: false };
    return drawingOf([{ query, series, unit: unitOfQuery(measured) }], grid);
  }, [answer.data, alerts, measured, grid]);
  const look = useMemo(() => lookOf(condition, drawing.frame.fields, tokens.errorMark), [condition, drawing, tokens]);
  if (answer.error) return <p className="error-text">{visibleText(answer.error.message)}</p>;
  if (answer.data === undefined) return <p className="muted">Loading…</p>;
  if (drawing.shownCount === 0) return <p className="muted">What the rule measures has no values in this range.</p>;
  return (
    <TimeSeries
      title={visibleText(title)}
      note={condition?.limit === undefined ? undefined : `the limit is ${condition.operator} ${limitText(condition)}`}
      frame={drawing.frame}
      fromMs={fromMs}
      toMs={toMs}
      nowMs={startMs + count * stepMs}
      height={height}
      look={look}
      onZoom={zoomTo}
    />
  );
}

/** The limit is always in view. */
function lookOf(
  condition: Condition | undefined,
  fields: ReturnType<typeof drawingOf>['frame']['fields'],
  colour: string,
) {
  const limit = condition?.limit;
  if (limit === undefined || !Number.isFinite(limit)) return undefined;
  const values = fields.flatMap((field) => (field.type === 'number' ? field.values : []));
  const most = values.reduce<number>((a, b) => Math.max(a, b ?? a), limit);
  const least = values.reduce<number>((a, b) => Math.min(a, b ?? a), Math.min(0, limit));
  return {
    levels: [{ value: limit, colour }],
    max: most > 0 ? most * 1.08 : most,
    ...(least < 0 ? { min: least * 1.08 } : {}),
  };
}
