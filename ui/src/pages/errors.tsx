/** Errors: kinds of exceptions, how often each happened and since when, with one of them in full beside. */
import { useDeferredValue, useMemo } from 'react';
import type { ErrorGroup, ErrorGroupsResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { byAttention, errorTitle, hasWords } from '../lib/error-groups.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock, formatCount, formatDateTime, plural } from '../lib/format.ts';
import { frameOfRows } from '../lib/frame.ts';
import { useKeys } from '../lib/keys.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { errorsQuestion } from '../lib/questions.ts';
import { useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import { ErrorDetail } from '../panels/error-detail.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { Age } from '../widgets/age.tsx';
import { FilterBox } from '../widgets/filter-box.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { Trend } from '../widgets/trend.tsx';

export function ErrorsPage() {
  const { search, update } = usePageSearch();
  const answer = useQuestion<ErrorGroupsResponse>(errorsQuestion(search, useScopeParams()));
  const { data, error } = answer;
  const filter = useDeferredValue(search.filter ?? '');
  const shown = useMemo(
    () => byAttention((data?.groups ?? []).filter((group) => hasWords(group, filter))),
    [data, filter],
  );
  const chosen = data?.groups.find(({ id }) => id === search.at);
  const choose = (id: string | undefined): void => update({ at: id }, true);
  useKeys([{ keys: 'Escape', help: 'Close the detail', group: 'Errors', run: () => choose(undefined) }]);
  useAnnouncement(data && !answer.stale && shown.length > 0 ? overview(data) : undefined, [filter, search.service]);
  return (
    <>
      <PageTitle title="Errors">
        {data ? <span className="muted">{formatCount(data.groupCount)}</span> : null}
      </PageTitle>
      <div className="toolbar">
        <FilterBox
          label="Filter errors"
          value={search.filter ?? ''}
          onChange={(text) => update({ filter: text || undefined }, true)}
        />
        <ServiceMenu groups={data?.groups ?? []} />
        <span className="muted toolbar-note">{data ? overview(data) : ''}</span>
      </div>
      {error && data ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {data === undefined ? (
        error ? (
          <ErrorState error={error} onRetry={answer.retry} />
        ) : (
          <Loading what="errors" />
        )
      ) : data.groups.length === 0 ? (
        <NoErrors />
      ) : shown.length === 0 ? (
        <EmptyState
          title={`No error has “${visibleText(filter)}” in it`}
          actions={
            <button type="button" className="button" onClick={() => update({ filter: undefined })}>
              Show all {data.groups.length}
            </button>
          }
        />
      ) : (
        <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
          <Notes data={data} />
          <div className="logs-body">
            <div className="logs-main">
              <ErrorTable groups={shown} knownFromMs={data.knownFromMs} onOpen={choose} />
            </div>
            {chosen ? <ErrorDetail group={chosen} grid={data.grid} onClose={() => choose(undefined)} /> : null}
          </div>
        </div>
      )}
    </>
  );
}

function overview({ groupCount, total, groups }: ErrorGroupsResponse): string {
  const isNew = groups.filter((group) => group.isNew).length;
  const news = isNew === 0 ? 'none new' : `${isNew} new`;
  return `${plural(total, 'exception')} of ${plural(groupCount, 'kind')}, ${news}`;
}

/** What is not shown, and since when kinds are known. */
function Notes({ data }: { readonly data: ErrorGroupsResponse }) {
  const notes = [
    ...(data.isWhole ? [] : [`Counted since ${formatDateTime(data.fromMs)}: there are too many exceptions before.`]),
    ...(data.groupCount > data.groups.length
      ? [`The ${formatCount(data.groups.length)} most frequent of ${plural(data.groupCount, 'kind')} are shown.`]
      : []),
    `New is what was not there before, as far back as ${formatDateTime(data.knownFromMs)}.`,
  ];
  return <p className="muted small group-note">{notes.join(' ')}</p>;
}

/** The services that have errors; a chosen one can be dropped again. */
function ServiceMenu({ groups }: { readonly groups: readonly ErrorGroup[] }) {
  const { search, update } = usePageSearch();
  const counts = new Map<string, number>();
  for (const { service, count } of groups) counts.set(service, (counts.get(service) ?? 0) + count);
  return (
    <SelectMenu
      name="service"
      value={search.service}
      anyLabel="any"
      options={[...counts].map(([name, count]) => ({
        value: name,
        label: <ServiceName name={name} />,
        note: formatCount(count),
      }))}
      onChange={(service) => update({ service, at: undefined })}
    />
  );
}

function NoErrors() {
  const { search, update } = usePageSearch();
  const { environment } = useScope();
  const whose = search.service ? ` of ${visibleText(search.service)}` : environment ? ` of ${environment}` : '';
  return (
    <EmptyState
      title={`No exception${whose} in this range`}
      actions={
        search.service ? (
          <button type="button" className="button" onClick={() => update({ service: undefined })}>
            Of all services
          </button>
        ) : undefined
      }
    >
      Exceptions are events of spans, or log records with exception.type. Failed requests without one are among the
      traces.
    </EmptyState>
  );
}

interface ErrorTableProps {
  readonly groups: readonly ErrorGroup[];
  readonly knownFromMs: number;
  readonly onOpen: (id: string) => void;
}

function ErrorTable({ groups, knownFromMs, onOpen }: ErrorTableProps) {
  const { search, update } = usePageSearch();
  const frame = useMemo(
    () =>
      frameOfRows('errors', groups, {
        id: { text: ({ id }) => id },
        error: { text: errorTitle },
        service: { text: ({ service }) => service },
        count: { count: ({ count }) => count },
        first: { time: ({ firstMs }) => firstMs },
        last: { time: ({ lastMs }) => lastMs },
      }),
    [groups],
  );
  const columns = useMemo(() => columnsOf(knownFromMs), [knownFromMs]);
  return (
    <Table
      label="Errors"
      keyboard
      frame={frame}
      items={groups}
      columns={columns}
      keyField="id"
      rowHeight={48}
      sort={search.sort}
      onSort={(sort) => update({ sort }, true)}
      onOpen={({ id }) => onOpen(id)}
    />
  );
}

function columnsOf(knownFromMs: number): readonly Column<ErrorGroup>[] {
  return [
    {
      id: 'error',
      header: 'Error',
      // Of which service it is stands in its cell, where there is no room for a column of it beside the message.
      minWidth: 240,
      isSortable: true,
      cell: ({ isNew, firstMs, frame, type, message, service }) => (
        <span className="error-cell">
          <span className="cell-line">
            <b className="truncate">{visibleText(errorTitle({ type, message }))}</b>
            {isNew ? (
              <span className="chip warning-text" title={`New since ${formatClock(firstMs)}`}>
                new
              </span>
            ) : null}
            <span className="muted small truncate">{visibleText(frame)}</span>
            <span className="error-service">
              <ServiceName name={service} />
            </span>
          </span>
          <span className="truncate small" title={visibleText(message)}>
            {type === '' ? '' : visibleText(message)}
          </span>
        </span>
      ),
    },
    {
      id: 'service',
      header: 'Service',
      width: 150,
      narrowWidth: 124,
      drop: 1,
      isSortable: true,
      cell: ({ service }) => <ServiceName name={service} />,
    },
    {
      id: 'trend',
      header: 'Over time',
      width: 136,
      drop: 3,
      cell: ({ counts }) => <Trend values={counts} tone="error" width={118} label="count over time" />,
    },
    {
      id: 'count',
      header: 'Count',
      width: 76,
      align: 'right',
      isSortable: true,
      cell: ({ count }) => <b>{formatCount(count)}</b>,
    },
    {
      id: 'first',
      header: 'First seen',
      title: `As far back as ${formatDateTime(knownFromMs)}`,
      width: 108,
      drop: 4,
      align: 'right',
      isSortable: true,
      cell: ({ firstMs }) => <Age atMs={firstMs} className="muted" />,
    },
    {
      id: 'last',
      header: 'Last seen',
      width: 100,
      drop: 2,
      align: 'right',
      isSortable: true,
      cell: ({ lastMs }) => <Age atMs={lastMs} className="muted" />,
    },
  ];
}
