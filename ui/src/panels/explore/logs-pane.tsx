/** Logs over time by level, and their lines. */
import { lazy, Suspense, useMemo, useState } from 'react';
import type { LogHistogramResponse } from '#api/types.ts';
import { isSeriesQuery } from '#lang/filter';
import { formatCount, formatDate } from '../../lib/format.ts';
import { logCountFrame, logFrame } from '../../lib/frames/log.ts';
import { withCondition } from '../../lib/query-text.ts';
import { logFilter } from '../../lib/questions.ts';
import { useApi, useScope, useScopeParams } from '../../lib/scope.tsx';
import { useLogStream } from '../../lib/use-log-stream.ts';
import { Bars } from '../../viz/bars/bars.tsx';
import { LogList } from '../../viz/logs/log-list.tsx';
import { QueryField } from '../../widgets/query-field.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../../widgets/states.tsx';
import { LogDetail } from '../log-detail.tsx';
import type { PaneProps } from './pane-props.ts';

const QuerySeries = lazy(async () => ({ default: (await import('../query-series.tsx')).QuerySeries }));
const PLOT_HEIGHT = 84;

export function LogsPane({ q, onAsk, keyboard }: PaneProps) {
  const scope = useScope();
  const params = useScopeParams();
  const [paused, setPaused] = useState(false);
  const [selectedId, setSelectedId] = useState<string>();
  const isSeries = isSeriesQuery(q, 'logs');
  const question = useMemo(() => logFilter({ q: q || undefined }), [q]);
  const stream = useLogStream(question, { paused: paused || selectedId !== undefined, enabled: !isSeries });
  const frame = useMemo(() => logFrame(stream.logs), [stream.logs]);
  const histogram = useApi<LogHistogramResponse>(
    '/logs/histogram',
    { ...params, ...question },
    { enabled: !isSeries && stream.first !== undefined },
  );
  const counts = useMemo(() => histogram.data && logCountFrame(histogram.data), [histogram.data]);
  const selected = stream.logs.find(({ id }) => id === selectedId);
  const { error } = stream;
  return (
    <>
      <div className="toolbar">
        <QueryField
          page="logs"
          value={q}
          placeholder='severity>=warn, or LogQL: {service_name="orders"} | json'
          error={!isSeries && error?.code === 'bad_query' ? error : undefined}
          onSubmit={onAsk}
        />
      </div>
      {isSeries ? (
        <Suspense fallback={<Loading what="series" />}>
          <QuerySeries page="logs" q={q} filter={{ environment: scope.environment, ...question }} />
        </Suspense>
      ) : !stream.first ? (
        error ? (
          <ErrorState error={error} onRetry={stream.retry} />
        ) : (
          <Loading what="logs" />
        )
      ) : (
        <div className={stream.stale ? 'fill stale' : 'fill fresh'}>
          {error ? <ErrorBanner error={error} onRetry={stream.retry} /> : null}
          {histogram.error && !error ? <ErrorBanner error={histogram.error} onRetry={histogram.retry} /> : null}
          {stream.logs.length === 0 ? (
            <EmptyState title="No log record matches" nearestMs={stream.first.nearestMs} />
          ) : (
            <>
              <div className="plots" style={{ minHeight: PLOT_HEIGHT }}>
                {counts ? (
                  <Bars
                    label="Log records over time by level"
                    frame={counts}
                    fromMs={scope.fromMs}
                    toMs={scope.toMs}
                    nowMs={scope.nowMs}
                    height={PLOT_HEIGHT}
                    onZoom={scope.zoomTo}
                  />
                ) : null}
              </div>
              <div className="list-head">
                <span className="muted">
                  {histogram.data ? `${formatCount(Math.max(histogram.data.total, stream.logs.length))} records` : ''}
                </span>
                <span className="spacer" />
                {stream.waitingCount > 0 ? (
                  <button type="button" className="button on" onClick={stream.showNew}>
                    {formatCount(stream.waitingCount)} new
                  </button>
                ) : null}
              </div>
              <LogList
                keyboard={keyboard}
                frame={frame}
                withDate={formatDate(scope.fromMs) !== formatDate(scope.toMs)}
                hasOlder={stream.hasOlder}
                loadingOlder={stream.loadingOlder}
                loadOlder={stream.loadOlder}
                wrap={false}
                selectedId={selectedId}
                onSelect={(id) => setSelectedId(id === selectedId ? undefined : id)}
                onAwayFromTop={setPaused}
              />
              {selected ? (
                <LogDetail
                  log={selected}
                  onClose={() => setSelectedId(undefined)}
                  onInclude={(key, value) => onAsk(withCondition('logs', q, key, '=', value))}
                  onExclude={(key, value) => onAsk(withCondition('logs', q, key, '!=', value))}
                />
              ) : null}
            </>
          )}
        </div>
      )}
    </>
  );
}
