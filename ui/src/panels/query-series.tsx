/** What a query makes of spans or lines over time, as a chart: `{ status=error } | rate()`, `sum by (service_name) (rate({…}[1m]))`. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type { ApiFailure, Params } from '../lib/api.ts';
import { formatSpan, plural } from '../lib/format.ts';
import { chooseStep, drawingOf, promExemplarFrame } from '../lib/frames/promql.ts';
import { useLinks } from '../lib/links.ts';
import { askSeries, type SeriesAnswer } from '../lib/query-series.ts';
import { useScope } from '../lib/scope.tsx';
import { TimeSeries } from '../viz/time-series/time-series.tsx';
import { useSize } from '../widgets/canvas.tsx';
import { EmptyState, ErrorState, Loading } from '../widgets/states.tsx';

interface QuerySeriesProps {
  readonly page: 'traces' | 'logs';
  readonly q: string;
  /** Of the page, as its list is asked for. */
  readonly filter: Params;
}

const CHART_HEIGHT = 340;

export function QuerySeries({ page, q, filter }: QuerySeriesProps) {
  const { fromMs, toMs, zoomTo } = useScope();
  const links = useLinks();
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const grid = useMemo(() => chooseStep(fromMs, toMs, Math.round(width / 100) * 100), [fromMs, toMs, width]);
  const { data, error, isPlaceholderData, refetch } = useQuery<SeriesAnswer, ApiFailure>({
    queryKey: ['query-series', page, q, filter, grid],
    queryFn: ({ signal }) => askSeries(page, q, filter, grid, signal),
    enabled: width > 0,
    placeholderData: keepPreviousData,
  });
  const drawing = useMemo(
    () =>
      data &&
      drawingOf(
        [{ query: { letter: 'a', text: q, legend: '', isHidden: false }, series: data.series, unit: data.unit }],
        grid,
      ),
    [data, q, grid],
  );
  const marks = useMemo(() => promExemplarFrame(data?.exemplars ?? [], data?.unit ?? ''), [data]);
  const notes = drawing && [
    `${plural(drawing.shownCount, 'series', 'series')}, a point every ${formatSpan(grid.stepMs)}`,
    ...(drawing.foldedCount > 0
      ? [`those with the largest last values; ${drawing.foldedCount} more are not drawn`]
      : []),
    ...(data?.note === undefined ? [] : [data.note]),
    ...(marks.length > 0 ? ['squares are traces: click for one'] : []),
  ];
  return (
    <div className="fill" ref={place}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined || drawing === undefined ? (
        <Loading what="series" />
      ) : drawing.shownCount === 0 ? (
        <EmptyState title={page === 'traces' ? 'No span matches' : 'No line matches'}>
          The query makes no series in this range.
        </EmptyState>
      ) : (
        <div className={isPlaceholderData ? 'section stale' : 'section'}>
          <TimeSeries
            title="Result"
            note={notes?.join('; ')}
            frame={drawing.frame}
            fromMs={fromMs}
            toMs={toMs}
            nowMs={grid.startMs + grid.count * grid.stepMs}
            height={CHART_HEIGHT}
            legend="table"
            logOffered
            marks={marks}
            onMark={(key) => links.go(links.trace(key.split('/')[0]!))}
            onZoom={zoomTo}
          />
        </div>
      )}
    </div>
  );
}
