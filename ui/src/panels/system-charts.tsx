/** What waits, how long, and what had to be started again: the health of the way into the store over time. */
import { useMemo } from 'react';
import type { SystemResponse } from '#api/types.ts';
import { seriesColour } from '../lib/colour.ts';
import { formatBytes, formatCount, formatDuration } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { useScope } from '../lib/scope.tsx';
import { useTheme } from '../lib/theme.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { type ChartSeries, TimeChart } from '../widgets/time-chart.tsx';

const formatSeconds = (seconds: number): string => formatDuration(seconds * 1e9);

export function SystemCharts({ data }: { readonly data: SystemResponse }) {
  const { tokens } = useTheme();
  const links = useLinks();
  /** The metric of our own that a chart is made of, at that moment. */
  const open = (metric: string) => (fromMs: number, toMs: number) =>
    links.go(links.metrics({ own: true, metric, ...rangeToSearch({ kind: 'absolute', fromMs, toMs }) }));
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
        ticks="binary"
        onPoint={open('otelcol_signalbox_store_spool_bytes')}
        note="bytes that wait for the store"
        series={charts.spool}
        format={formatBytes}
      />
      <TimeChart
        {...common}
        title="Lag of the store"
        onPoint={open('otelcol_signalbox_store_lag')}
        note="age of the oldest that waits"
        series={charts.lag}
        format={formatSeconds}
      />
      <TimeChart
        {...common}
        title="Restarts"
        ticks="whole"
        note="of processes"
        onPoint={open('otelcol_process_uptime')}
        series={charts.restarts}
        format={formatCount}
      />
    </div>
  );
}
