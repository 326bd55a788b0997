/** Traces over time by status, and the newest of them. */
import { lazy, Suspense, useCallback, useMemo } from 'react';
import type { TraceHistogramResponse, TraceSummary, TracesResponse } from '#api/types.ts';
import { isSeriesQuery } from '#lang/filter';
import { plural } from '../../lib/format.ts';
import { traceCountFrame, traceListFrame } from '../../lib/frames/trace-list.ts';
import { useLinks } from '../../lib/links.ts';
import { traceFilter, tracesQuestion } from '../../lib/questions.ts';
import { useApi, useQuestion, useScope, useScopeParams } from '../../lib/scope.tsx';
import { Bars } from '../../viz/bars/bars.tsx';
import { Table } from '../../viz/table/table.tsx';
import { QueryField } from '../../widgets/query-field.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../../widgets/states.tsx';
import { traceColumns } from '../trace-columns.tsx';
import type { PaneProps } from './pane-props.ts';

const QuerySeries = lazy(async () => ({ default: (await import('../query-series.tsx')).QuerySeries }));
const PLOT_HEIGHT = 84;

export function TracesPane({ q, onAsk, keyboard }: PaneProps) {
  const scope = useScopeParams();
  const isSeries = isSeriesQuery(q, 'traces');
  const filter = traceFilter({ q: q || undefined }, scope);
  const answer = useQuestion<TracesResponse>(tracesQuestion({ q: q || undefined }, scope), { enabled: !isSeries });
  const { data, error } = answer;
  return (
    <>
      <div className="toolbar">
        <QueryField
          page="traces"
          value={q}
          placeholder="status=error, or TraceQL: { duration > 1s }"
          error={!isSeries && error?.code === 'bad_query' ? error : undefined}
          onSubmit={onAsk}
        />
      </div>
      {isSeries ? (
        <Suspense fallback={<Loading what="series" />}>
          <QuerySeries page="traces" q={q} filter={filter} />
        </Suspense>
      ) : data === undefined ? (
        error ? (
          <ErrorState error={error} onRetry={answer.retry} />
        ) : (
          <Loading what="traces" />
        )
      ) : (
        <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
          {error ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
          <Found data={data} filter={filter} keyboard={keyboard} />
        </div>
      )}
    </>
  );
}

interface FoundProps {
  readonly data: TracesResponse;
  readonly filter: ReturnType<typeof traceFilter>;
  readonly keyboard: boolean;
}

function Found({ data, filter, keyboard }: FoundProps) {
  const { fromMs, toMs, nowMs, zoomTo } = useScope();
  const links = useLinks();
  const histogram = useApi<TraceHistogramResponse>('/traces/histogram', filter);
  const counts = useMemo(() => histogram.data && traceCountFrame(histogram.data), [histogram.data]);
  const { traces } = data;
  const list = useMemo(() => traceListFrame(traces), [traces]);
  const fullNs = useMemo(() => Math.max(1, ...traces.map(({ durationNs }) => durationNs)), [traces]);
  const columns = useMemo(() => traceColumns({ links, nowMs, fullNs, compact: true }), [links, nowMs, fullNs]);
  const open = useCallback(
    ({ traceId, matchedSpanId }: TraceSummary, inNewTab: boolean) =>
      links.go(links.trace(traceId, matchedSpanId ? { span: matchedSpanId } : {}), inNewTab),
    [links],
  );
  if (traces.length === 0) return <EmptyState title="No trace matches" nearestMs={data.nearestMs} />;
  return (
    <>
      {histogram.error ? <ErrorBanner error={histogram.error} onRetry={histogram.retry} /> : null}
      <div className="plots" style={{ minHeight: PLOT_HEIGHT }}>
        {counts ? (
          <Bars
            label="Traces over time by status"
            frame={counts}
            {...{ fromMs, toMs, nowMs }}
            height={PLOT_HEIGHT}
            onZoom={zoomTo}
          />
        ) : null}
      </div>
      <div className="list-head">
        <span className="muted">
          {data.truncated ? `the newest ${plural(traces.length, 'trace')}` : plural(traces.length, 'trace')}
        </span>
      </div>
      <Table
        label="Traces"
        keyboard={keyboard}
        frame={list}
        items={traces}
        columns={columns}
        keyField="key"
        onOpen={open}
      />
    </>
  );
}
