/** When alerts were pending and firing, a band for each. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { labelTexts } from '../../lib/alerts.ts';
import type { ApiFailure } from '../../lib/api.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { type EnumField, frameOfLines } from '../../lib/frame.ts';
import { chooseStep, type StepGrid } from '../../lib/frames/promql.ts';
import { askPrometheus, type PromResult, type PromSeries } from '../../lib/prometheus.ts';
import { useScope } from '../../lib/scope.tsx';
import { useTheme } from '../../lib/theme.tsx';
import { States } from '../../viz/states/states.tsx';

const WIDTH_PX = 900;
const MAX_ROWS = 40;
const ROW_PX = 24;
const AROUND_PX = 28;
const TEXTS = ['', 'pending', 'firing'] as const;

/** Of one rule, or of all. */
export function AlertHistory({ rule }: { readonly rule?: string }) {
  const { fromMs, toMs, zoomTo } = useScope();
  const { tokens } = useTheme();
  const grid = useMemo(() => chooseStep(fromMs, toMs, WIDTH_PX), [fromMs, toMs]);
  const { startMs, stepMs, count } = grid;
  const selector = rule === undefined ? 'ALERTS' : `ALERTS{alertname=${JSON.stringify(rule)}}`;
  const answer = useQuery<readonly PromSeries[], ApiFailure>({
    queryKey: ['alert history', selector, startMs, stepMs, count],
    queryFn: async ({ signal }) => {
      const end = (startMs + (count - 1) * stepMs) / 1000;
      const params = { query: selector, start: startMs / 1000, end, step: stepMs / 1000 };
      const { data } = await askPrometheus<PromResult>('/query_range', params, signal);
      return data.resultType === 'matrix' ? (data.result as readonly PromSeries[]) : [];
    },
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => bandsOf(answer.data ?? [], grid, rule !== undefined), [answer.data, grid, rule]);
  if (answer.error) return <p className="error-text">{visibleText(answer.error.message)}</p>;
  if (answer.data === undefined) return <p className="muted">Loading…</p>;
  if (rows.length === 0) return <p className="muted">No alert was pending or firing in this range.</p>;
  const shown = rows.slice(0, MAX_ROWS);
  const times = frameOfLines('alerts over time', grid, []);
  return (
    <>
      <States
        label="Alerts over time"
        frame={{ ...times, fields: [...times.fields, ...shown] }}
        colours={shown.map(() => ['transparent', tokens.warningMark, tokens.errorMark])}
        isCells={false}
        writesStates
        thickness={0.8}
        fromMs={fromMs}
        toMs={toMs}
        height={shown.length * ROW_PX + AROUND_PX}
        onZoom={zoomTo}
        onPoint={zoomTo}
      />
      {rows.length > shown.length ? (
        <p className="muted">{rows.length - shown.length} more alerts; a shorter range has fewer.</p>
      ) : null}
    </>
  );
}

/** Those that began last come first. */
function bandsOf(series: readonly PromSeries[], grid: StepGrid, isOfOne: boolean): readonly EnumField[] {
  const bands = new Map<string, number[]>();
  for (const { metric, values = [] } of series) {
    const { __name__: _, alertstate = '', ...labels } = metric;
    const said = labelTexts(labels).filter((text) => !text.startsWith('alertstate='));
    const name = visibleText(
      [...(isOfOne ? [] : [labels.alertname ?? '']), ...said].join(' ') || (labels.alertname ?? ''),
    );
    const band = bands.get(name) ?? new Array<number>(grid.count).fill(0);
    bands.set(name, band);
    for (const [seconds] of values) {
      const at = Math.round((seconds * 1000 - grid.startMs) / grid.stepMs);
      if (at >= 0 && at < grid.count) band[at] = Math.max(band[at]!, alertstate === 'firing' ? 2 : 1);
    }
  }
  const began = (band: readonly number[]): number => band.findLastIndex((state, i) => state > 0 && !band[i - 1]);
  return [...bands]
    .toSorted(([, a], [, b]) => began(b) - began(a))
    .map(([name, indices]) => ({ name, type: 'enum', indices, texts: [...TEXTS] }));
}
