/** Every service of the range: how busy, how broken, how slow. */

import { useDeferredValue, useMemo } from 'react';
import type { ServiceSummary, ServicesResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatPercent, formatRate, plural } from '../lib/format.ts';
import { servicesByTrouble, servicesFrame } from '../lib/frames/service.ts';
import { type Links, useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { servicesQuestion } from '../lib/questions.ts';
import { useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import { SlowerThan } from '../panels/slower-than.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { Age } from '../widgets/age.tsx';
import { FilterBox } from '../widgets/filter-box.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';
import { Trend } from '../widgets/trend.tsx';

export function ServicesPage() {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const links = useLinks();
  const answer = useQuestion<ServicesResponse>(servicesQuestion(useScopeParams()));
  const filter = useDeferredValue(search.filter ?? '');
  const services = answer.data?.services;
  const shown = useMemo(
    () => servicesByTrouble((services ?? []).filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))),
    [services, filter],
  );
  const frame = useMemo(() => servicesFrame(shown), [shown]);
  const columns = useColumns();
  useAnnouncement(
    services && !answer.stale && shown.length > 0
      ? `${plural(shown.length, 'service')}, ${failingText(shown)}`
      : undefined,
    { filter },
  );
  return (
    <>
      <PageTitle title="Services">{services ? <span className="muted">{services.length}</span> : null}</PageTitle>
      <div className="toolbar">
        <FilterBox
          label="Filter services"
          value={search.filter ?? ''}
          onChange={(text) => update({ filter: text || undefined }, true)}
        />
        <span className="muted toolbar-note">{services ? overview(services) : ''}</span>
        {services && search.sort ? (
          <button
            type="button"
            className="button"
            title="Those that fail first, then those that are slower than usual, then the busiest"
            onClick={() => update({ sort: undefined }, true)}
          >
            Trouble first
          </button>
        ) : null}
      </div>
      {answer.error && services ? <ErrorBanner error={answer.error} onRetry={answer.retry} /> : null}
      {!services ? (
        answer.error ? (
          <ErrorState error={answer.error} onRetry={answer.retry} />
        ) : (
          <Loading what="services" />
        )
      ) : services.length === 0 ? (
        <EmptyState
          title={
            scope.environment
              ? `No service of ${scope.environment} in this range`
              : 'No service sent spans in this range'
          }
        >
          Choose a longer range, or look further back.
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState
          title={`No service is called “${visibleText(filter)}”`}
          actions={
            <button type="button" className="button" onClick={() => update({ filter: undefined })}>
              Show all {services.length}
            </button>
          }
        />
      ) : (
        <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
          <Table
            label="Services"
            keyboard
            frame={frame}
            items={shown}
            columns={columns}
            keyField="name"
            rowHeight={34}
            sort={search.sort}
            onSort={(sort) => update({ sort }, true)}
            onOpen={({ name }, inNewTab) => links.go(links.service(name), inNewTab)}
          />
        </div>
      )}
    </>
  );
}

function overview(services: readonly ServiceSummary[]): string {
  const [count, failing] = [plural(services.length, 'service'), failingText(services)];
  const rate = services.reduce((sum, { requestRate }) => sum + requestRate, 0);
  return `${count}, ${formatRate(rate)} in all, ${failing}`;
}

function failingText(services: readonly ServiceSummary[]): string {
  const failing = services.filter(({ errorCount }) => errorCount > 0).length;
  return failing === 0 ? 'none failing' : `${failing} with errors`;
}

function useColumns(): readonly Column<ServiceSummary>[] {
  const links = useLinks();
  return useMemo<readonly Column<ServiceSummary>[]>(
    () => [
      {
        id: 'name',
        header: 'Service',
        minWidth: 170,
        isSortable: true,
        cell: ({ name, language, version }) => (
          <span className="cell-line">
            <To target={links.service(name)} className="strong-link">
              <ServiceName name={name} strong />
            </To>
            <span className="muted small truncate" title={visibleText(`${language} ${version}`)}>
              {visibleText([language, version].filter(Boolean).join(' '))}
            </span>
          </span>
        ),
      },
      {
        id: 'rate',
        header: 'Rate',
        width: 236,
        narrowWidth: 84,
        drop: 1,
        align: 'right',
        title: 'Requests per second that entered the service',
        isSortable: true,
        cell: ({ name, requestRate, requestCount, sparkRate }) => (
          <span className="cell-spark" title={plural(requestCount, 'request')}>
            <Trend values={sparkRate} tone="accent" width={128} label="rate over time" />
            <To target={links.traces({ service: name })} className="number-link strong" title="Show its traces">
              {formatRate(requestRate)}
            </To>
          </span>
        ),
      },
      {
        id: 'errors',
        header: 'Errors',
        width: 212,
        narrowWidth: 72,
        align: 'right',
        title: 'Share of requests that failed',
        isSortable: true,
        cell: ({ name, errorRatio, errorCount, sparkErrorRatio }) => (
          <span className="cell-spark" title={plural(errorCount, 'error')}>
            {errorCount > 0 ? (
              <Trend
                values={sparkErrorRatio}
                tone="error"
                width={112}
                label="error share over time"
                top={Math.max(0.02, ...sparkErrorRatio.map((value) => value ?? 0))}
              />
            ) : null}
            {errorCount > 0 ? (
              <To
                target={links.traces({ service: name, sel: 'status=error' })}
                className="error-text number-link"
                title="What the failed ones have more often than the others"
              >
                {formatPercent(errorRatio)}
              </To>
            ) : (
              <span className="muted">0%</span>
            )}
          </span>
        ),
      },
      durationColumn(links, 'p50', 84, ({ p50Ns }) => p50Ns),
      {
        id: 'p95',
        header: 'p95',
        width: 236,
        narrowWidth: 84,
        drop: 2,
        align: 'right',
        title: '95 of 100 requests were faster',
        isSortable: true,
        cell: ({ name, p95Ns, sparkP95Ns }) => (
          <span className="cell-spark">
            <Trend values={sparkP95Ns} tone="muted" width={128} label="p95 over time" />
            <SlowerThan links={links} service={name} name="p95" ns={p95Ns} />
          </span>
        ),
      },
      durationColumn(links, 'p99', 92, ({ p99Ns }) => p99Ns),
      {
        id: 'seen',
        header: 'Last seen',
        width: 104,
        drop: 4,
        align: 'right',
        isSortable: true,
        cell: ({ newestMs }) => <Age atMs={newestMs} className="muted" />,
      },
    ],
    [links],
  );
}

function durationColumn(
  links: Links,
  id: string,
  width: number,
  value: (row: ServiceSummary) => number | null,
): Column<ServiceSummary> {
  const drop = id === 'p50' ? 5 : 3;
  const cell = (row: ServiceSummary) => <SlowerThan links={links} service={row.name} name={id} ns={value(row)} />;
  return { id, header: id, width, drop, align: 'right', isSortable: true, cell };
}
