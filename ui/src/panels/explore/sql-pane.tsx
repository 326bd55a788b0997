/** A statement in SQL with the page's range put in: its rows, and a chart on the page's axis where they have times. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { ApiFailure } from '../../lib/api.ts';
import { chartHeight, sqlOfRange } from '../../lib/explore/panes.ts';
import { plural } from '../../lib/format.ts';
import { addToHistory } from '../../lib/history.ts';
import { useConsoleSearch } from '../../lib/page-search.ts';
import { useScope } from '../../lib/scope.tsx';
import {
  askSql,
  chartOfSql,
  frameOfSql,
  readSqlSchema,
  SQL_HISTORY,
  type SqlAnswer,
  type SqlSchema,
} from '../../lib/sql.ts';
import { FrameTable } from '../../viz/table/frame-table.tsx';
import { TimeSeries } from '../../viz/time-series/time-series.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../../widgets/states.tsx';
import { SqlEditor } from '../sql/editor.tsx';
import type { PaneProps } from './pane-props.ts';
import '../../styles/promql.css';
import '../../styles/sql.css';

const CHART_HEIGHT = 220;

export function SqlPane({ q, onAsk }: PaneProps) {
  const { fromMs, toMs, live } = useScope();
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const schema = useQuery<SqlSchema, ApiFailure>({
    queryKey: ['sql-schema'],
    queryFn: ({ signal }) => readSqlSchema(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const asked = sqlOfRange(q, { fromMs, toMs });
  const { data, error, isPlaceholderData, refetch } = useQuery<SqlAnswer, ApiFailure>({
    queryKey: ['explore', 'sql', asked],
    queryFn: ({ signal }) => askSql(asked, signal),
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  const run = (statement: string): void => {
    addToHistory(SQL_HISTORY, statement);
    if (statement.trim() === q) void refetch();
    else onAsk(statement.trim());
  };
  return (
    <>
      <div className="toolbar pane-editor">
        <SqlEditor
          value={text}
          schema={schema.data}
          error={asked === q ? (error ?? undefined) : undefined}
          onChange={setText}
          onRun={run}
        />
        <button type="button" className="button" title="Ctrl+Enter" onClick={() => run(text)}>
          Run
        </button>
      </div>
      <div className="page-scroll">
        {error && data ? <ErrorBanner error={error} onRetry={() => void refetch()} /> : null}
        {q === '' ? (
          <EmptyState title="Write a statement in SQL">
            {'$__timeFilter(time) stands for the range of the page, $__fromTime and $__toTime for its ends.'}
          </EmptyState>
        ) : data === undefined ? (
          error ? (
            <ErrorState error={error} onRetry={() => void refetch()} />
          ) : (
            <Loading what="rows" />
          )
        ) : (
          <div className={isPlaceholderData && !live ? 'stale' : ''}>
            <Rows answer={data} hasRange={asked !== q} />
          </div>
        )}
      </div>
    </>
  );
}

function Rows({ answer, hasRange }: { readonly answer: SqlAnswer; readonly hasRange: boolean }) {
  const scope = useScope();
  const search = useConsoleSearch();
  const frame = useMemo(() => frameOfSql(answer), [answer]);
  const chart = useMemo(() => chartOfSql(frame), [frame]);
  if (frame.length === 0) return <EmptyState title="The statement gives no rows">Times are UTC.</EmptyState>;
  const isInRange = chart !== undefined && chart.toMs > scope.fromMs && chart.fromMs < scope.toMs;
  const note = [
    plural(frame.length, 'row'),
    ...(hasRange ? [] : ['the statement does not ask for the range of the page: $__timeFilter(time) does']),
    ...(chart && !isInRange ? ['its times lie outside of the range of the page'] : []),
    ...(chart && chart.leftOut > 0 ? [`${plural(chart.leftOut, 'line')} with less left out`] : []),
  ].join('; ');
  return (
    <>
      <div className="section">
        {chart && isInRange ? (
          <TimeSeries
            title="Answer"
            note={note}
            frame={chart.frame}
            fromMs={scope.fromMs}
            toMs={scope.toMs}
            nowMs={scope.nowMs}
            height={chartHeight(CHART_HEIGHT, search, window.innerHeight)}
            legend="table"
            onZoom={scope.zoomTo}
          />
        ) : (
          <p className="muted">{note}</p>
        )}
      </div>
      <FrameTable label="Rows" frame={frame} inline />
    </>
  );
}
