/** An expression in PromQL over the page's range. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ApiFailure } from '../../lib/api.ts';
import { chartHeight } from '../../lib/explore/panes.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatSpan, plural } from '../../lib/format.ts';
import { chooseStep, drawingOf, type StepGrid } from '../../lib/frames/promql.ts';
import { addToHistory } from '../../lib/history.ts';
import { useConsoleSearch } from '../../lib/page-search.ts';
import { askPrometheus, type PromAnswer, type PromResult } from '../../lib/prometheus.ts';
import { CompletionClient } from '../../lib/promql/completion-client.ts';
import { unitOfQuery } from '../../lib/promql/unit.ts';
import { useScope } from '../../lib/scope.tsx';
import { TimeSeries } from '../../viz/time-series/time-series.tsx';
import { useSize } from '../../widgets/canvas.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../../widgets/states.tsx';
import { PromqlEditor } from '../promql/editor.tsx';
import { PROMQL_HISTORY } from '../promql/history-menu.tsx';
import type { PaneProps } from './pane-props.ts';
import '../../styles/promql.css';

const SERIES_LIMIT = 1000;
const CHART_HEIGHT = 260;
const NO_MARKS = [] as const;

export function MetricsPane({ q, onAsk }: PaneProps) {
  const scope = useScope();
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const current = useRef(scope);
  current.current = scope;
  const client = useMemo(() => new CompletionClient(() => current.current), []);
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const { fromMs, toMs } = scope;
  const grid = useMemo(() => chooseStep(fromMs, toMs, Math.round(width / 100) * 100), [fromMs, toMs, width]);
  const { data, error, isPlaceholderData, refetch } = useQuery<Asked, ApiFailure>({
    queryKey: ['explore', 'metrics', q, grid],
    queryFn: async ({ signal }) => ({ q, grid, answer: await ask(q, grid, signal) }),
    enabled: width > 0 && q !== '',
    placeholderData: keepPreviousData,
  });
  const run = (asked: string): void => {
    addToHistory(PROMQL_HISTORY, asked);
    if (asked.trim() === q) void refetch();
    else onAsk(asked.trim());
  };
  return (
    <>
      <div className="toolbar pane-editor">
        <PromqlEditor
          label="Query in PromQL"
          value={text}
          hint="rate(http_server_request_duration_seconds_count[5m])"
          client={client}
          marks={NO_MARKS}
          focus={undefined}
          onChange={setText}
          onRun={run}
          onFocus={() => undefined}
        />
        <button type="button" className="button" onClick={() => run(text)}>
          Run
        </button>
      </div>
      <div className="page-scroll" ref={place}>
        {error && data ? <ErrorBanner error={error} onRetry={() => void refetch()} /> : null}
        {q === '' ? (
          <EmptyState title="Write an expression in PromQL">Enter asks, Ctrl+Space completes.</EmptyState>
        ) : data === undefined ? (
          error ? (
            <ErrorState error={error} onRetry={() => void refetch()} />
          ) : (
            <Loading what="the query" />
          )
        ) : (
          <Chart asked={data} isStale={isPlaceholderData && data.q !== q} />
        )}
      </div>
    </>
  );
}

interface Asked {
  readonly q: string;
  readonly grid: StepGrid;
  readonly answer: PromAnswer<PromResult>;
}

function ask(
  query: string,
  { startMs, stepMs, count }: StepGrid,
  signal: AbortSignal,
): Promise<PromAnswer<PromResult>> {
  const times = { start: startMs / 1000, end: (startMs + (count - 1) * stepMs) / 1000, step: stepMs / 1000 };
  return askPrometheus<PromResult>('/query_range', { query, ...times, limit: SERIES_LIMIT }, signal);
}

function Chart({ asked, isStale }: { readonly asked: Asked; readonly isStale: boolean }) {
  const scope = useScope();
  const search = useConsoleSearch();
  const { q, grid, answer } = asked;
  const drawing = useMemo(() => {
    const series = answer.data.resultType === 'matrix' ? answer.data.result : [];
    const query = { letter: 'a', text: q, legend: '', isHidden: false } as const;
    return drawingOf([{ query, series, unit: unitOfQuery(q) }], grid);
  }, [q, grid, answer]);
  if (drawing.shownCount === 0)
    return <EmptyState title="No series in this range">{answer.infos.map(visibleText).join('; ')}</EmptyState>;
  const notes = [
    `${plural(drawing.shownCount, 'series', 'series')}, a point every ${formatSpan(grid.stepMs)}`,
    ...(drawing.foldedCount > 0 ? [`${drawing.foldedCount} more are not drawn`] : []),
    ...answer.warnings,
  ];
  return (
    <div className={isStale ? 'section stale' : 'section'}>
      <TimeSeries
        title="Result"
        note={notes.map(visibleText).join('; ')}
        frame={drawing.frame}
        fromMs={scope.fromMs}
        toMs={scope.toMs}
        nowMs={grid.startMs + grid.count * grid.stepMs}
        height={chartHeight(CHART_HEIGHT, search, window.innerHeight)}
        legend="table"
        logOffered
        onZoom={scope.zoomTo}
      />
    </div>
  );
}
