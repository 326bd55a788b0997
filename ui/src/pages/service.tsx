/** One service: its rate, errors and durations over time, its operations, neighbours, slowest and failed traces. */

import { useMemo } from 'react';
import type { OperationSummary, ServiceResponse, TraceSummary } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatPercent, formatRate, plural } from '../lib/format.ts';
import { callsFrame, operationsFrame, servicesFrame } from '../lib/frames/service.ts';
import { traceListFrame } from '../lib/frames/trace-list.ts';
import { type Links, useLinks } from '../lib/links.ts';
import { usePageSearch, usePathPart } from '../lib/page-search.ts';
import { serviceQuestion } from '../lib/questions.ts';
import { useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import type { ConsoleSearch } from '../lib/search.ts';
import { Dependencies } from '../panels/dependencies.tsx';
import { RedCharts } from '../panels/red-charts.tsx';
import { SlowerThan } from '../panels/slower-than.tsx';
import { traceColumns } from '../panels/trace-columns.tsx';
import { type Figure, Figures } from '../viz/figures/figures.tsx';
import { Ranking } from '../viz/ranking/ranking.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { Age } from '../widgets/age.tsx';
import { Crumb } from '../widgets/crumb.tsx';
import { Icon } from '../widgets/icons.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { ServiceDot, ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';
import { Trend } from '../widgets/trend.tsx';

export function ServicePage() {
  const service = usePathPart('service');
  const { search } = usePageSearch();
  const links = useLinks();
  const answer = useQuestion<ServiceResponse>(serviceQuestion(service, search, useScopeParams()));
  const { data, error } = answer;
  // The last answer is kept while the next one loads, but never that of another service.
  const shown = data?.summary.name === service ? data : undefined;
  const about = visibleText([shown?.summary.language, shown?.summary.version].filter(Boolean).join(' '));
  useAnnouncement(shown && !answer.stale && shown.summary.requestCount > 0 ? spoken(shown) : undefined, [
    service,
    search.operation,
  ]);
  return (
    <>
      <PageTitle
        title={service}
        above={
          <Crumb target={links.services()} label="Services">
            <ServiceDot name={service} />
          </Crumb>
        }
      >
        <span className="muted small truncate" title={about}>
          {about}
        </span>
      </PageTitle>
      {error && shown ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {shown ? (
        <ServiceBody data={shown} stale={answer.stale} />
      ) : error?.code === 'not_found' ? (
        <EmptyState title={`No service is called “${visibleText(service)}”`} />
      ) : error ? (
        <ErrorState error={error} onRetry={answer.retry} />
      ) : (
        <Loading what={visibleText(service)} />
      )}
    </>
  );
}

function spoken({ summary }: ServiceResponse): string {
  return `${visibleText(summary.name)}: ${plural(summary.requestCount, 'request')}, ${plural(summary.errorCount, 'error')}`;
}

function ServiceBody({ data, stale }: { readonly data: ServiceResponse; readonly stale: boolean }) {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const { summary } = data;
  const filter = { service: summary.name, ...(search.operation ? { operation: search.operation } : {}) };
  return (
    <>
      <div className="toolbar">
        <ServiceFigures data={data} filter={filter} />
        <span className="spacer" />
        {search.operation ? (
          <button
            type="button"
            className="button on"
            title="Show all operations"
            onClick={() => update({ operation: undefined })}
          >
            {visibleText(search.operation)} <Icon name="close" size={12} />
          </button>
        ) : null}
        <To target={links.traces(filter)} className="button">
          <Icon name="traces" size={14} /> Traces
        </To>
        <To target={links.logs({ service: summary.name })} className="button">
          <Icon name="logs" size={14} /> Logs
        </To>
        <To target={links.errors({ service: summary.name })} className="button">
          <Icon name="errors" size={14} /> Errors
        </To>
      </div>
      <div className={stale ? 'page-scroll stale' : 'page-scroll fresh'}>
        {summary.requestCount === 0 ? (
          <EmptyState title="No requests in this range">
            {summary.newestMs > 0
              ? 'The service was seen at another time.'
              : 'Choose a longer range, or look further back.'}
          </EmptyState>
        ) : (
          <>
            <RedCharts data={data} filter={filter} />
            <div className="section columns-wide">
              <Operations operations={data.operations} />
              <Neighbours data={data} />
            </div>
            <div className="section columns-even">
              <TraceList
                title="Slowest traces"
                traces={data.slowest}
                all={links.traces({ ...filter, sort: 'slowest' })}
              />
              <TraceList
                title="Failed traces"
                traces={data.failed}
                all={links.traces({ ...filter, status: 'error' })}
              />
            </div>
          </>
        )}
      </div>
    </>
  );
}

interface FiguresProps {
  readonly data: ServiceResponse;
  readonly filter: ConsoleSearch;
}

/** Each figure opens the traces behind it. */
function ServiceFigures({ data, filter }: FiguresProps) {
  const links = useLinks();
  const { summary } = data;
  const frame = useMemo(() => servicesFrame([summary]), [summary]);
  const { name: service, requestRate, requestCount, errorRatio, errorCount, newestMs } = summary;
  const traces = (more: ConsoleSearch) => links.traces({ ...filter, ...more });
  const slower = (id: string, ns: number | null): Figure => ({
    id,
    cell: <SlowerThan links={links} {...filter} service={service} name={id} ns={ns} />,
  });
  const rate = (
    <To target={traces({})} className="number-link" title={`The traces of ${plural(requestCount, 'request')}`}>
      {formatRate(requestRate)}
    </To>
  );
  const errors = (
    <To
      target={traces({ status: 'error' })}
      className={errorCount > 0 ? 'error-text number-link' : 'number-link'}
      title={`The traces of ${plural(errorCount, 'error')}`}
    >
      {formatPercent(errorRatio)}
    </To>
  );
  const seen = <span className="muted">{newestMs > 0 ? <Age atMs={newestMs} /> : 'never'}</span>;
  return (
    <Figures
      frame={frame}
      figures={[
        { id: 'rate', cell: rate },
        { id: 'errors', cell: errors },
        slower('p50', summary.p50Ns),
        slower('p95', summary.p95Ns),
        slower('p99', summary.p99Ns),
        { id: 'seen', header: 'last seen', cell: seen },
      ]}
    />
  );
}

const DEFAULT_SORT = '-rate';

function Operations({ operations }: { readonly operations: readonly OperationSummary[] }) {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const service = usePathPart('service');
  const columns = useMemo(() => operationColumns(links, service), [links, service]);
  const frame = useMemo(() => operationsFrame(operations), [operations]);
  return (
    <section>
      <div className="section-head">
        <h2>Operations</h2>
        <span className="muted">{operations.length}</span>
      </div>
      <Table
        label="Operations"
        inline
        keyboard
        frame={frame}
        items={operations}
        columns={columns}
        keyField="key"
        sort={search.sort ?? DEFAULT_SORT}
        onSort={(sort) => update({ sort: sort === DEFAULT_SORT ? undefined : sort }, true)}
        onOpen={({ name }) => update({ operation: name === search.operation ? undefined : name })}
      />
    </section>
  );
}

function operationColumns(links: Links, service: string): readonly Column<OperationSummary>[] {
  const duration = (id: string, value: (row: OperationSummary) => number | null): Column<OperationSummary> => ({
    id,
    header: id,
    width: 80,
    drop: { p50: 5, p95: 3, p99: 4 }[id] ?? 3,
    align: 'right',
    isSortable: true,
    cell: (row) => <SlowerThan links={links} service={service} operation={row.name} name={id} ns={value(row)} />,
  });
  return [
    {
      id: 'name',
      header: 'Operation',
      isSortable: true,
      cell: ({ name, kind }) => (
        <span className="cell-line">
          <span className="truncate" title={visibleText(name)}>
            {visibleText(name)}
          </span>
          <span className="muted small">{kind}</span>
        </span>
      ),
    },
    {
      id: 'rate',
      header: 'Rate',
      width: 170,
      narrowWidth: 76,
      drop: 2,
      align: 'right',
      isSortable: true,
      cell: ({ requestRate, sparkRate }) => (
        <span className="cell-spark">
          <Trend values={sparkRate} tone="accent" label="rate over time" width={80} />
          <b>{formatRate(requestRate)}</b>
        </span>
      ),
    },
    {
      id: 'errors',
      header: 'Errors',
      width: 72,
      align: 'right',
      isSortable: true,
      cell: ({ name, errorRatio, errorCount }) =>
        errorCount > 0 ? (
          <To target={links.traces({ service, operation: name, status: 'error' })} className="error-text number-link">
            {formatPercent(errorRatio)}
          </To>
        ) : (
          <span className="muted">0%</span>
        ),
    },
    duration('p50', ({ p50Ns }) => p50Ns),
    duration('p95', ({ p95Ns }) => p95Ns),
    duration('p99', ({ p99Ns }) => p99Ns),
    {
      id: 'traces',
      header: <span className="visually-hidden">Traces</span>,
      width: 40,
      drop: 6,
      cell: ({ name }) => (
        <To
          target={links.traces({ service, operation: name })}
          className="icon-link"
          title={`Traces of ${visibleText(name)}`}
        >
          <Icon name="traces" size={14} />
        </To>
      ),
    },
  ];
}

function Neighbours({ data }: { readonly data: ServiceResponse }) {
  return (
    <div>
      <NeighbourList
        title="Called by"
        calls={data.callers}
        seconds={data.dataSeconds}
        none="Nobody: requests come from outside."
      />
      <NeighbourList title="Calls" calls={data.callees} seconds={data.dataSeconds} none="No other service." />
      <Dependencies service={data.summary.name} seconds={data.dataSeconds} />
    </div>
  );
}

interface NeighbourListProps {
  readonly title: string;
  readonly calls: ServiceResponse['callers'];
  /** What rates count over. */
  readonly seconds: number;
  readonly none: string;
}

function NeighbourList({ title, calls, seconds, none }: NeighbourListProps) {
  const links = useLinks();
  const frame = useMemo(() => callsFrame(title, calls, seconds), [title, calls, seconds]);
  return (
    <section className="neighbours">
      <div className="section-head">
        <h2>{title}</h2>
      </div>
      {calls.length === 0 ? <p className="muted">{none}</p> : null}
      <Ranking
        label={title}
        frame={frame}
        nameOf={(row) => (
          <To target={links.service(calls[row]!.service)} className="strong-link">
            <ServiceName name={calls[row]!.service} />
          </To>
        )}
      />
    </section>
  );
}

interface TraceListProps {
  readonly title: string;
  readonly traces: readonly TraceSummary[];
  readonly all: ReturnType<Links['traces']>;
}

function TraceList({ title, traces, all }: TraceListProps) {
  const links = useLinks();
  const { nowMs } = useScope();
  const columns = useMemo(() => {
    const fullNs = Math.max(1, ...traces.map(({ durationNs }) => durationNs));
    return traceColumns({ links, nowMs, fullNs, compact: true });
  }, [links, nowMs, traces]);
  const frame = useMemo(() => traceListFrame(traces), [traces]);
  return (
    <section>
      <div className="section-head">
        <h2>{title}</h2>
        <span className="spacer" />
        {traces.length > 0 ? <To target={all}>All</To> : null}
      </div>
      {traces.length === 0 ? (
        <p className="muted">None in this range.</p>
      ) : (
        <Table
          label={title}
          inline
          frame={frame}
          items={traces}
          columns={columns}
          keyField="key"
          onOpen={({ traceId, matchedSpanId }, inNewTab) =>
            links.go(links.trace(traceId, matchedSpanId ? { span: matchedSpanId } : {}), inNewTab)
          }
        />
      )}
    </section>
  );
}
