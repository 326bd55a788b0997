/** Logs: what was written, by level over time, line by line, with the detail beside and the trace one click away. */
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react';
import type { LogHistogramResponse, SeverityGroup } from '#api/types.ts';
import { isSeriesQuery, queryLanguage } from '#lang/filter';
import { useAnnouncement } from '../lib/announce.ts';
import { type Params, queryString } from '../lib/api.ts';
import { useChosenColumns } from '../lib/chosen-columns.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCompact, formatCount, formatDate, plural } from '../lib/format.ts';
import { logCountFrame, logFrame } from '../lib/frames/log.ts';
import { useKeys } from '../lib/keys.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { withCondition } from '../lib/query-text.ts';
import { logFilter } from '../lib/questions.ts';
import { type ApiAnswer, useApi, useHeldParams, useScope, useScopeParams } from '../lib/scope.tsx';
import { SEVERITIES } from '../lib/search.ts';
import { groupColour } from '../lib/severity.ts';
import { useTheme } from '../lib/theme.tsx';
import { type LogStream, useLogStream } from '../lib/use-log-stream.ts';
import { ColumnMenu } from '../panels/column-menu.tsx';
import { LogDetail } from '../panels/log-detail.tsx';
import { LogFields } from '../panels/log-fields.tsx';
import { LogPatterns } from '../panels/log-patterns.tsx';
import { NoMatches } from '../panels/no-matches.tsx';
import { Bars } from '../viz/bars/bars.tsx';
import { LogList } from '../viz/logs/log-list.tsx';
import { Icon } from '../widgets/icons.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { QueryField } from '../widgets/query-field.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';

/** With it the languages come, which most searches don't need. */
const QuerySeries = lazy(async () => ({ default: (await import('../panels/query-series.tsx')).QuerySeries }));

export function LogsPage() {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const [paused, setPaused] = useState(false);
  const question = useMemo(
    () => logFilter({ q: search.q, service: search.service, severity: search.severity, trace: search.trace }),
    [search.q, search.service, search.severity, search.trace],
  );
  const isSeries = isSeriesQuery(search.q ?? '', 'logs');
  const stream = useLogStream(question, { paused: paused || search.log !== undefined, enabled: !isSeries });
  const frame = useMemo(() => logFrame(stream.logs), [stream.logs]);
  const scopeParams = useScopeParams();
  const histogram = useApi<LogHistogramResponse>(
    '/logs/histogram',
    { ...scopeParams, ...question },
    // The lines go first.
    { enabled: !isSeries && (stream.first !== undefined || stream.error !== undefined) },
  );
  const selected = search.log === undefined ? undefined : stream.logs.find(({ id }) => id === search.log);
  const toggleWrap = (): void => update({ wrap: search.wrap ? undefined : true }, true);
  useKeys(
    [
      { keys: 'w', help: 'Wrap long lines', group: 'Logs', run: toggleWrap },
      { keys: 'Escape', help: 'Close the detail', group: 'Logs', run: () => update({ log: undefined }, true) },
    ],
    !isSeries,
  );
  const { error } = stream;
  const newText = stream.waitingCount > 0 ? `, ${formatCount(stream.waitingCount)} new` : '';
  const isSettled = stream.first !== undefined && !stream.stale && stream.logs.length > 0;
  const total = Math.max(stream.logs.length, histogram.data?.total ?? 0);
  useAnnouncement(
    isSettled && histogram.data && !histogram.stale ? `${plural(total, 'log record')}${newText}` : undefined,
    question,
  );
  return (
    <>
      <PageTitle title="Logs">
        <span className="muted">{histogram.data && !isSeries ? formatCount(histogram.data.total) : ''}</span>
      </PageTitle>
      <div className="toolbar">
        <QueryField
          page="logs"
          value={search.q ?? ''}
          placeholder='severity>=warn "timed out", or LogQL: {service_name="orders"}'
          error={!isSeries && error?.code === 'bad_query' ? error : undefined}
          onSubmit={(q) => update({ q: q || undefined, log: undefined })}
        />
        <LogFilters histogram={histogram.data} />
        {isSeries ? null : (
          <ListTools exportHref={`/api/console/logs/export${queryString({ ...scopeParams, ...question })}`} />
        )}
      </div>
      {isSeries ? (
        <Suspense fallback={<Loading what="series" />}>
          <QuerySeries page="logs" q={search.q ?? ''} filter={{ environment: scope.environment, ...question }} />
        </Suspense>
      ) : (
        <FoundLogs {...{ stream, histogram, question, frame, selected, paused }} onPaused={setPaused} />
      )}
    </>
  );
}

/** What acts on lines; a chart has none. */
function ListTools({ exportHref }: { readonly exportHref: string }) {
  const { search, update } = usePageSearch();
  return (
    <>
      <button
        type="button"
        className={search.wrap ? 'button icon on' : 'button icon'}
        aria-pressed={search.wrap === true}
        title="Wrap long lines ( w )"
        aria-label="Wrap long lines"
        onClick={() => update({ wrap: search.wrap ? undefined : true }, true)}
      >
        <Icon name="wrap" size={14} />
      </button>
      <button
        type="button"
        className={search.fields ? 'button on' : 'button'}
        aria-pressed={search.fields === true}
        onClick={() => update({ fields: search.fields ? undefined : true }, true)}
      >
        Fields
      </button>
      <button
        type="button"
        className={search.plot === 'patterns' ? 'button on' : 'button'}
        aria-pressed={search.plot === 'patterns'}
        onClick={() => update({ plot: search.plot === 'patterns' ? undefined : 'patterns', sort: undefined })}
      >
        Patterns
      </button>
      <a className="button" href={exportHref} download="logs.ndjson" title="All matching records as lines of JSON">
        Export
      </a>
    </>
  );
}

interface FoundLogsProps {
  readonly stream: LogStream;
  readonly histogram: ApiAnswer<LogHistogramResponse>;
  readonly question: Params;
  readonly frame: ReturnType<typeof logFrame>;
  readonly selected: LogStream['logs'][number] | undefined;
  readonly paused: boolean;
  readonly onPaused: (paused: boolean) => void;
}

function FoundLogs({ stream, histogram, question, frame, selected, paused, onPaused }: FoundLogsProps) {
  const { columns, choose } = useChosenColumns('logs');
  const { search, update } = usePageSearch();
  const scope = useScope();
  const { error } = stream;
  return (
    <>
      {error && stream.first ? <ErrorBanner error={error} onRetry={stream.retry} /> : null}
      {!stream.first ? (
        error ? (
          <ErrorState error={error} onRetry={stream.retry} />
        ) : (
          <Loading what="logs" />
        )
      ) : (
        <div className={stream.stale ? 'fill stale' : 'fill fresh'}>
          {histogram.error ? (
            <ErrorBanner error={histogram.error} onRetry={histogram.retry} />
          ) : (
            <LogHistogram data={histogram.data} />
          )}
          {stream.logs.length === 0 ? (
            <NoLogs question={question} nearestMs={stream.first.nearestMs} />
          ) : (
            <div className="logs-body">
              {search.fields ? <LogFields /> : null}
              {search.plot === 'patterns' ? (
                <LogPatterns question={question} />
              ) : (
                <div className="logs-main">
                  <StreamBar stream={stream} paused={paused} live={scope.live} total={histogram.data?.total}>
                    <ColumnMenu signal="logs" chosen={columns} onChange={choose} />
                  </StreamBar>
                  {columns.length > 0 ? <ColumnHead columns={columns} /> : null}
                  <LogList
                    keyboard
                    frame={frame}
                    withDate={formatDate(scope.fromMs) !== formatDate(scope.toMs)}
                    hasOlder={stream.hasOlder}
                    loadingOlder={stream.loadingOlder}
                    loadOlder={stream.loadOlder}
                    wrap={search.wrap === true}
                    columns={columns}
                    selectedId={search.log}
                    onSelect={(id) => update({ log: id === search.log ? undefined : id }, true)}
                    onAwayFromTop={onPaused}
                  />
                </div>
              )}
              {selected ? (
                <LogDetail
                  log={selected}
                  onClose={() => update({ log: undefined }, true)}
                  onInclude={(key, value) =>
                    update({ q: withCondition('logs', search.q ?? '', key, '=', value), log: undefined })
                  }
                  onExclude={(key, value) =>
                    update({ q: withCondition('logs', search.q ?? '', key, '!=', value), log: undefined })
                  }
                />
              ) : null}
            </div>
          )}
        </div>
      )}
    </>
  );
}

function LogFilters({ histogram }: { readonly histogram: LogHistogramResponse | undefined }) {
  const { search, update } = usePageSearch();
  const { tokens } = useTheme();
  const totals = new Map(histogram?.groups.map(({ severity, total }) => [severity, total]));
  const chosen = search.severity ?? [];
  const toggle = (severity: SeverityGroup): void => {
    const next = chosen.includes(severity) ? chosen.filter((other) => other !== severity) : [...chosen, severity];
    update({ severity: next.length > 0 ? next : undefined });
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset brings a legend and borders that this row has no place for */}
      <div className="levels" role="group" aria-label="Levels">
        {SEVERITIES.filter((severity) => (totals.get(severity) ?? 0) > 0 || chosen.includes(severity)).map(
          (severity) => (
            <button
              type="button"
              key={severity}
              className={chosen.includes(severity) ? 'button level on' : 'button level'}
              aria-pressed={chosen.includes(severity)}
              title={chosen.includes(severity) ? `Stop asking for ${severity} only` : `Only ${severity}`}
              onClick={() => toggle(severity)}
            >
              <i className="level-dot" style={{ background: groupColour(severity, tokens) }} />
              {severity}
              <span className="muted small">{formatCompact(totals.get(severity) ?? 0)}</span>
            </button>
          ),
        )}
      </div>
      <SelectMenu
        name="service"
        value={search.service}
        anyLabel="any"
        align="right"
        options={(histogram?.services ?? []).map(({ name, count }) => ({
          value: name,
          label: <ServiceName name={name} />,
          note: formatCompact(count),
        }))}
        onChange={(service) => update({ service })}
      />
      {search.trace ? (
        <button
          type="button"
          className="button on"
          title="Drop the trace filter"
          onClick={() => update({ trace: undefined })}
        >
          trace {search.trace.slice(0, 8)}… <Icon name="close" size={12} />
        </button>
      ) : null}
    </>
  );
}

function LogHistogram({ data }: { readonly data: LogHistogramResponse | undefined }) {
  const scope = useScope();
  const frame = useMemo(() => data && logCountFrame(data), [data]);
  if (!frame) return <div className="plots" style={{ height: 91 }} />;
  return (
    <div className="plots">
      <Bars
        label="Log records over time by level"
        frame={frame}
        fromMs={scope.fromMs}
        toMs={scope.toMs}
        nowMs={scope.nowMs}
        height={84}
        onZoom={scope.zoomTo}
      />
    </div>
  );
}

interface StreamBarProps {
  readonly stream: LogStream;
  readonly paused: boolean;
  readonly live: boolean;
  readonly total: number | undefined;
  readonly children: ReactNode;
}

/** Names of chosen columns, where they begin in the lines. */
function ColumnHead({ columns }: { readonly columns: readonly string[] }) {
  return (
    <div className="log-column-head muted small" aria-hidden="true">
      {columns.map((key) => (
        <span key={key} className="log-column truncate" title={visibleText(key)}>
          {visibleText(key)}
        </span>
      ))}
    </div>
  );
}

function StreamBar({ stream, paused, live, total, children }: StreamBarProps) {
  const { logs, waitingCount, showNew } = stream;
  const scrollToTop = useCallback(() => {
    showNew();
    document.querySelector('.log-scroll')?.scrollTo({ top: 0 });
  }, [showNew]);
  return (
    <div className="list-head">
      <span className="muted">
        {formatCount(logs.length)}
        {total === undefined ? '' : ` of ${formatCount(Math.max(total, logs.length))}`} loaded, newest first
      </span>
      <span className="spacer" />
      {waitingCount > 0 ? (
        <button type="button" className="button on" onClick={scrollToTop}>
          <Icon name="up" size={12} /> {formatCount(waitingCount)} new
        </button>
      ) : null}
      <span className="muted small" role="status">
        {live ? (paused ? 'tail paused while you read' : 'tail is live') : ''}
      </span>
      {children}
    </div>
  );
}

/** The field of the address that a parameter of the request comes from. */
const FIELDS: { readonly [parameter: string]: string } = { traceId: 'trace', environment: 'env' };

function NoLogs({ question, nearestMs }: { readonly question: Params; readonly nearestMs: number | undefined }) {
  const { search, update } = usePageSearch();
  // Why it was empty when it became so: a live refresh does not ask again.
  const range = useHeldParams(true);
  const { q, service, severity, trace, env } = search;
  if (queryLanguage(q ?? '', 'logs') === 'logql') {
    return (
      <EmptyState
        title="No line matches"
        nearestMs={nearestMs}
        actions={
          <button type="button" className="button" onClick={() => update({ q: undefined })}>
            Drop the query
          </button>
        }
      >
        No line of this range passes the query with the filters beside it.
      </EmptyState>
    );
  }
  if ((q ?? service ?? severity ?? trace ?? env) === undefined) {
    return (
      <EmptyState title="No log record in this range" nearestMs={nearestMs}>
        Nothing was written in this range.
      </EmptyState>
    );
  }
  return (
    <NoMatches
      title="No log record matches"
      item="log record"
      path="/logs/empty-reason"
      params={{ ...question, ...range }}
      nearestMs={nearestMs}
      onChange={(parameter, value) => update({ [FIELDS[parameter] ?? parameter]: value })}
      onDropAll={() =>
        update({ q: undefined, service: undefined, severity: undefined, trace: undefined, env: undefined })
      }
    />
  );
}
