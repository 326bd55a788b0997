/** Rate, errors and duration of a service over time, side by side with one crosshair. */
import { useMemo } from 'react';
import type { ServiceResponse } from '#api/types.ts';
import { formatDuration, formatNumber, formatRate } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { useScope } from '../lib/scope.tsx';
import type { ConsoleSearch } from '../lib/search.ts';
import { useTheme } from '../lib/theme.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { type ChartSeries, TimeChart } from '../widgets/time-chart.tsx';

const rateTick = (perSecond: number): string => `${formatNumber(perSecond)}/s`;

interface RedChartsProps {
  readonly data: ServiceResponse;
  /** What the charts are of: a point opens its traces. */
  readonly filter: ConsoleSearch;
}

export function RedCharts({ data, filter }: RedChartsProps) {
  const links = useLinks();
  const openTraces = (more: ConsoleSearch) => (fromMs: number, toMs: number) =>
    links.go(links.traces({ ...filter, ...rangeToSearch({ kind: 'absolute', fromMs, toMs }), ...more }));
  const { tokens } = useTheme();
  const scope = useScope();
  const { series, grid } = data;
  const charts = useMemo(() => {
    const rate: ChartSeries[] = [{ label: 'requests', colour: tokens.accent, values: series.requestRate, fill: true }];
    // A bucket with requests and no failure is a zero; one without requests stays a gap.
    const errors: ChartSeries[] = [{ label: 'errors', colour: tokens.error, values: series.errorRate, fill: true }];
    const durations: ChartSeries[] = [
      { label: 'p99', colour: tokens.text, values: series.p99Ns },
      { label: 'p95', colour: tokens.accent, values: series.p95Ns },
      { label: 'p50', colour: tokens.faint, values: series.p50Ns },
    ];
    return { rate, errors, durations };
  }, [series, tokens]);
  const common = {
    grid,
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    nowMs: scope.nowMs,
    onZoom: scope.zoomTo,
    height: 168,
  };
  return (
    <div className="section charts-three">
      <TimeChart
        {...common}
        title="Rate"
        onPoint={openTraces({})}
        series={charts.rate}
        format={formatRate}
        formatTick={rateTick}
      />
      <TimeChart
        {...common}
        title="Errors"
        onPoint={openTraces({ status: 'error' })}
        series={charts.errors}
        format={formatRate}
        formatTick={rateTick}
      />
      <TimeChart
        {...common}
        title="Duration"
        onPoint={openTraces({ sort: 'slowest' })}
        series={charts.durations}
        format={formatDuration}
        logOffered
      />
    </div>
  );
}
