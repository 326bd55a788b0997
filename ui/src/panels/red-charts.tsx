/** Rate, errors and duration of a service over time, side by side with one crosshair. */
import { useMemo } from 'react';
import type { ServiceResponse } from '#api/types.ts';
import { redFrames } from '../lib/frames/service.ts';
import { useLinks } from '../lib/links.ts';
import { useScope } from '../lib/scope.tsx';
import type { ConsoleSearch } from '../lib/search.ts';
import { rangeToSearch } from '../lib/time-range.ts';
import { TimeSeries } from '../viz/time-series/time-series.tsx';

interface RedChartsProps {
  readonly data: ServiceResponse;
  /** What the charts are of: a point opens its traces. */
  readonly filter: ConsoleSearch;
}

export function RedCharts({ data, filter }: RedChartsProps) {
  const links = useLinks();
  const openTraces = (more: ConsoleSearch) => (fromMs: number, toMs: number) =>
    links.go(links.traces({ ...filter, ...rangeToSearch({ kind: 'absolute', fromMs, toMs }), ...more }));
  const scope = useScope();
  const { rate, errors, durations } = useMemo(() => redFrames(data), [data]);
  const common = {
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    nowMs: scope.nowMs,
    onZoom: scope.zoomTo,
    height: 168,
  };
  return (
    <div className="section charts-three">
      <TimeSeries {...common} title="Rate" onPoint={openTraces({})} frame={rate} />
      <TimeSeries {...common} title="Errors" onPoint={openTraces({ status: 'error' })} frame={errors} />
      <TimeSeries {...common} title="Duration" onPoint={openTraces({ sort: 'slowest' })} frame={durations} logOffered />
    </div>
  );
}
