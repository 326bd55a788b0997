/** Kinds of lines: how often, when, and which are new. */
import { useMemo } from 'react';
import type { LogPattern, LogPatternsResponse } from '#api/types.ts';
import type { Params } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock, formatCount, plural } from '../lib/format.ts';
import { frameOfRows } from '../lib/frame.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { withLineText } from '../lib/query-text.ts';
import { useApi, useHeldParams } from '../lib/scope.tsx';
import { severityGroup } from '../lib/severity.ts';
import { type Column, Table } from '../viz/table/table.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';
import { Trend } from '../widgets/trend.tsx';

/** What was not there in the first part of what was looked at is new. */
const NEW_AFTER = 0.5;

interface PatternRow extends LogPattern {
  readonly key: string;
  readonly isNew: boolean;
}

export function LogPatterns({ question }: { readonly question: Params }) {
  const { search, update } = usePageSearch();
  const range = useHeldParams(true);
  const answer = useApi<LogPatternsResponse>('/logs/patterns', { ...range, ...question });
  const { data } = answer;
  const rows = useMemo(() => {
    if (data === undefined) return [];
    const newAfterMs = data.fromMs + (range.to - data.fromMs) * NEW_AFTER;
    return data.patterns.map((one): PatternRow => {
      return { ...one, key: `${one.severityNumber} ${one.pattern}`, isNew: one.firstMs > newAfterMs };
    });
  }, [data, range.to]);
  const frame = useMemo(
    () =>
      frameOfRows('patterns', rows, {
        key: { text: ({ key }) => key },
        pattern: { text: ({ pattern }) => pattern },
        count: { count: ({ count }) => count },
        first: { time: ({ firstMs }) => firstMs },
      }),
    [rows],
  );
  if (answer.error) return <ErrorState error={answer.error} onRetry={answer.retry} />;
  if (data === undefined) return <Loading what="patterns" />;
  return (
    <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
      <p className="muted small group-note">
        {plural(data.patternCount, 'pattern')} in {data.isWhole ? '' : 'the newest '}
        {plural(data.lookedAt, 'record')}
        {data.isWhole ? '' : `, since ${formatClock(data.fromMs)}`}
      </p>
      <Table
        label="Patterns"
        keyboard
        frame={frame}
        items={rows}
        columns={COLUMNS}
        keyField="key"
        sort={search.sort ?? '-count'}
        onSort={(sort) => update({ sort: sort === '-count' ? undefined : sort }, true)}
        onOpen={({ pattern }) => update({ q: withText(search.q, pattern), plot: undefined, sort: undefined })}
      />
    </div>
  );
}

/** The filter, and the longest piece that all lines of a pattern have. */
function withText(q: string | undefined, pattern: string): string {
  const longest = pattern
    .split('<_>')
    .map((piece) => piece.trim())
    .reduce((best, piece) => (piece.length > best.length ? piece : best), '');
  return longest === '' ? (q ?? '') : withLineText(q ?? '', longest);
}

const COLUMNS: readonly Column<PatternRow>[] = [
  {
    id: 'level',
    header: 'Level',
    width: 76,
    cell: ({ severityNumber }) => {
      const group = severityGroup(severityNumber);
      return <span className={`level-text-${group}`}>{group}</span>;
    },
  },
  {
    id: 'pattern',
    header: 'Pattern',
    minWidth: 220,
    isSortable: true,
    cell: ({ pattern, isNew, firstMs }) => (
      <span className="cell-line">
        {isNew ? <span className="chip warning-text">new since {formatClock(firstMs)}</span> : null}
        <span className="mono truncate" title={visibleText(pattern)}>
          {visibleText(pattern)}
        </span>
      </span>
    ),
  },
  {
    id: 'trend',
    header: 'Over time',
    width: 130,
    drop: 1,
    cell: ({ counts }) => <Trend values={counts} tone="accent" width={112} label="count over time" />,
  },
  {
    id: 'count',
    header: 'Records',
    width: 96,
    align: 'right',
    isSortable: true,
    cell: ({ count }) => formatCount(count),
  },
];
