/** Matching spans by the values of a key: how many, how many failed, how long they took. */
import { useMemo } from 'react';
import type { AttributeKeysResponse, SpanGroup, SpanGroupsResponse } from '#api/types.ts';
import { printKey } from '#lang/filter';
import type { Params } from '../lib/api.ts';
import { valueOfText } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatPercent, plural } from '../lib/format.ts';
import { spanGroupFrame } from '../lib/frames/trace-list.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { withCondition, withoutKey } from '../lib/query-text.ts';
import { useApi } from '../lib/scope.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

/** Each span has another of these. */
const UNGROUPED: ReadonlySet<string> = new Set(['duration', 'trace', 'span', 'parent']);

export function GroupBySelect({ filter }: { readonly filter: Params }) {
  const { search, update } = usePageSearch();
  const keys = useApi<AttributeKeysResponse>('/attributes', { from: filter.from, to: filter.to, signal: 'traces' });
  const options = (keys.data?.keys ?? []).filter(({ key }) => !UNGROUPED.has(key));
  return (
    <SelectMenu
      name="group by"
      align="right"
      value={search.group?.[0]}
      anyLabel="nothing"
      options={options.map(({ key, scope }) => ({ value: key, note: scope === 'resource' ? 'resource' : '' }))}
      onChange={(key) => update({ group: key === undefined ? undefined : [key], sort: undefined })}
    />
  );
}

export function SpanGroups({ filter, by }: { readonly filter: Params; readonly by: string }) {
  const { search, update } = usePageSearch();
  const answer = useApi<SpanGroupsResponse>('/traces/groups', { ...filter, by });
  const groups = answer.data?.groups;
  const frame = useMemo(() => spanGroupFrame(groups ?? []), [groups]);
  const columns = useColumns(by);
  if (answer.error) return <ErrorState error={answer.error} onRetry={answer.retry} />;
  if (!answer.data || !groups) return <Loading what="groups" />;
  const { groupCount, spanCount } = answer.data;
  return (
    <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
      <p className="muted small group-note">
        {groupCount > groups.length
          ? `The ${groups.length} largest of ${formatCount(groupCount)} groups`
          : plural(groupCount, 'group')}{' '}
        of {plural(spanCount, 'span')}
      </p>
      <Table
        label={`Spans by ${visibleText(by)}`}
        keyboard
        frame={frame}
        items={groups}
        columns={columns}
        keyField="value"
        sort={search.sort ?? '-count'}
        onSort={(sort) => update({ sort: sort === '-count' ? undefined : sort }, true)}
        onOpen={({ value }) => update({ q: termText(search.q, by, value), group: undefined, sort: undefined })}
      />
    </div>
  );
}

/** A group without a value is what has no such key. */
function termText(q: string | undefined, by: string, value: string): string {
  if (value !== '') return withCondition('traces', q ?? '', by, '=', valueOfText(value));
  return withoutKey('traces', q ?? '', by, printKey(by));
}

function useColumns(by: string): readonly Column<SpanGroup>[] {
  const { search } = usePageSearch();
  const links = useLinks();
  return useMemo<readonly Column<SpanGroup>[]>(() => {
    const { service, operation, q } = search;
    const time = (id: string, drop: number): Column<SpanGroup> => ({
      id,
      header: id,
      width: 96,
      drop,
      align: 'right',
      isSortable: true,
    });
    return [
      {
        id: 'value',
        header: visibleText(by),
        minWidth: 180,
        isSortable: true,
        cell: ({ value }) => (value === '' ? <span className="muted">(none)</span> : visibleText(value)),
      },
      { id: 'count', header: 'Spans', width: 110, align: 'right', isSortable: true },
      {
        id: 'errors',
        header: 'Errors',
        width: 96,
        align: 'right',
        isSortable: true,
        cell: ({ value, count, errorCount }) =>
          errorCount === 0 || value === '' ? (
            <span className={errorCount === 0 ? 'muted' : 'error-text'}>{formatPercent(errorCount / count)}</span>
          ) : (
            <To
              target={links.traces({ service, operation, q: termText(q, by, value), sel: 'status=error' })}
              className="error-text number-link"
              title="What the failed ones have more often than the others"
            >
              {formatPercent(errorCount / count)}
            </To>
          ),
      },
      time('p50', 3),
      time('p95', 1),
      time('p99', 2),
    ];
  }, [by, links, search]);
}
