/** What waits, how long, and what had to be started again: the health of the way into the store over time. */
import { useMemo } from 'react';
import type { SystemResponse } from '#api/types.ts';
import { seriesColour } from '../lib/colour.ts';
import { formatBytes, formatCount, formatDuration } from '../lib/format.ts';
import { useScope } from '../lib/scope.tsx';
import { useTheme } from '../lib/theme.tsx';
import { type ChartSeries, TimeChart } from '../widgets/time-chart.tsx';

const formatSeconds = (seconds: number): string => formatDuration(seconds * 1e9);

export function SystemCharts({ data }: { readonly data: SystemResponse }) {
  const { tokens } = useTheme();
  const { zoomTo } = useScope();
  const { grid, history } = data;
  const charts = useMemo(() => {
    const line = (label: string, values: ChartSeries['values']): ChartSeries[] =>
      values.length === 0 ? [] : [{ label, colour: tokens.accent, values, fill: true }];
    return {
      spool: line('waiting', history.spoolBytes),
      lag: line('oldest', history.lagSeconds),
      restarts: history.restarts.map(
        ({ role, values }, i): ChartSeries => ({ label: role, colour: seriesColour(i, tokens.name), values }),
      ),
    };
  }, [history, tokens]);
  const common = {
    grid,
    fromMs: grid.startMs,
    toMs: grid.startMs + grid.count * grid.stepMs,
    nowMs: data.asOfMs ?? data.nowMs,
    onZoom: zoomTo,
    height: 120,
  };
  return (
    <div className="charts-three">
      <TimeChart
        {...common}
        title="Spool"
        note="bytes that wait for the store"
        series={charts.spool}
        format={formatBytes}
      />
      <TimeChart
        {...common}
        title="Lag of the store"
        note="age of the oldest that waits"
        series={charts.lag}
        format={formatSeconds}
      />
      <TimeChart {...common} title="Restarts" note="of processes" series={charts.restarts} format={formatCount} />
    </div>
  );
}
