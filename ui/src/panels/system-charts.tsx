/** What waits, how long, and what had to be started again: the health of the way into the store over time. */
import { useMemo } from 'react';
import type { SystemResponse } from '#api/types.ts';
import { historyFrames } from '../lib/frames/system.ts';
import { useLinks } from '../lib/links.ts';
import { useScope } from '../lib/scope.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { TimeSeries } from '../viz/time-series/time-series.tsx';

export function SystemCharts({ data }: { readonly data: SystemResponse }) {
  const links = useLinks();
  /** The metric of our own that a chart is made of, at that moment. */
  const open = (metric: string) => (fromMs: number, toMs: number) =>
    links.go(links.metrics({ own: true, metric, ...rangeToSearch({ kind: 'absolute', fromMs, toMs }) }));
  const { zoomTo } = useScope();
  const { grid } = data;
  const { spool, lag, restarts } = useMemo(() => historyFrames(data), [data]);
  const common = {
    fromMs: grid.startMs,
    toMs: grid.startMs + grid.count * grid.stepMs,
    nowMs: data.asOfMs ?? data.nowMs,
    onZoom: zoomTo,
    height: 120,
  };
  return (
    <div className="charts-three">
      <TimeSeries
        {...common}
        title="Spool"
        onPoint={open('otelcol_signalbox_store_spool_bytes')}
        note="bytes that wait for the store"
        frame={spool}
      />
      <TimeSeries
        {...common}
        title="Lag of the store"
        onPoint={open('otelcol_signalbox_store_lag')}
        note="age of the oldest that waits"
        frame={lag}
      />
      <TimeSeries
        {...common}
        title="Restarts"
        note="of processes"
        onPoint={open('otelcol_process_uptime')}
        frame={restarts}
      />
    </div>
  );
}
