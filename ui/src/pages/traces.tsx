/** Finding traces: what, when, how slow. Histogram by status, scatter by time and duration, and the list. */

import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type {
  OperationsResponse,
  ServiceNamesResponse,
  SpanHeatmapResponse,
  TraceHistogramResponse,
  TraceSampleResponse,
  TraceSummary,
  TracesResponse,
} from '#api/types.ts';
import { isSeriesQuery } from '#lang/filter';
import { useAnnouncement } from '../lib/announce.ts';
import type { Params } from '../lib/api.ts';
import { useChosenColumns } from '../lib/chosen-columns.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDateTime, formatDuration, parseDuration, plural, printDuration } from '../lib/format.ts';
import { spanHeatmapFrame, traceCountFrame, traceListFrame } from '../lib/frames/trace-list.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { traceFilter, tracesQuestion } from '../lib/questions.ts';
import { type ApiAnswer, useApi, useHeldParams, useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import { TRACE_SORTS, type TraceSort, traceSort } from '../lib/search.ts';
import { ColumnMenu } from '../panels/column-menu.tsx';
import { DifferencesPanel, hasSelection } from '../panels/differences.tsx';
import { NoMatches } from '../panels/no-matches.tsx';
import { OpenFile } from '../panels/open-file.tsx';
import { PinnedTraces } from '../panels/pins.tsx';
import { GroupBySelect, SpanGroups } from '../panels/span-groups.tsx';
import { traceColumns } from '../panels/trace-columns.tsx';
import { Bars } from '../viz/bars/bars.tsx';
import { Heatmap } from '../viz/heatmap/heatmap.tsx';
import { Scatter } from '../viz/scatter/scatter.tsx';
import { Table } from '../viz/table/table.tsx';
import { DurationBox } from '../widgets/duration-box.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { QueryField } from '../widgets/query-field.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

/** With it the languages come, which most searches don't need. */
const QuerySeries = lazy(async () => ({ default: (await import('../panels/query-series.tsx')).QuerySeries }));

const HISTOGRAM_HEIGHT = 72;
const SORT_NAMES: Record<TraceSort, string> = {
  newest: 'Newest',
  slowest: 'Slowest',
  spans: 'Most spans',
  errors: 'Most errors',
};

export function TracesPage() {
  const { search, update } = usePageSearch();
  const [reading, setReading] = useState(false);
  const range = useHeldParams(reading || hasSelection(search));
  const filter = traceFilter(search, range);
  const isSeries = isSeriesQuery(search.q ?? '', 'traces');
  const answer = useQuestion<TracesResponse>(tracesQuestion(search, range), { enabled: !isSeries });
  const { data, error } = answer;
  // Asked for behind the list, which a person waits for.
  const histogram = useApi<TraceHistogramResponse>('/traces/histogram', filter, {
    enabled: !isSeries && data !== undefined && data.traces.length > 0,
  });
  const total = histogram.stale ? undefined : histogram.data?.total;
  const { from: _from, to: _to, ...question } = filter;
  const found = data && !answer.stale && data.traces.length > 0 ? `${countText(data, total)} traces` : undefined;
  useAnnouncement(found, question);
  // The list is only a part then; the scatter shows the whole range all the same.
  const sample = useApi<TraceSampleResponse>('/traces/sample', filter, {
    enabled: !isSeries && data?.truncated === true,
  });
  return (
    <>
      <PageTitle title="Traces">
        {data && !isSeries ? <span className="muted">{countText(data, total)}</span> : null}
      </PageTitle>
      <div className="toolbar">
        <QueryField
          page="traces"
          value={search.q ?? ''}
          placeholder="service=orders status=error duration>250ms, or TraceQL: { status=error }"
          error={!isSeries && error?.code === 'bad_query' ? error : undefined}
          onSubmit={(q) => update({ q: q || undefined })}
        />
        <TraceFilters isAnswered={isSeries || data !== undefined || error !== undefined} />
        <PinnedTraces isAnswered={isSeries || data !== undefined || error !== undefined} />
        <OpenFile />
      </div>
      {isSeries ? (
        <Suspense fallback={<Loading what="series" />}>
          <QuerySeries page="traces" q={search.q ?? ''} filter={filter} />
        </Suspense>
      ) : (
        <FoundTraces {...{ answer, filter, histogram, total, sample, range, reading }} onReading={setReading} />
      )}
    </>
  );
}

interface FoundTracesProps {
  readonly answer: ApiAnswer<TracesResponse>;
  readonly filter: Params;
  readonly histogram: ApiAnswer<TraceHistogramResponse>;
  readonly total: number | undefined;
  readonly sample: ApiAnswer<TraceSampleResponse>;
  readonly range: { readonly from: number; readonly to: number };
  readonly reading: boolean;
  readonly onReading: (reading: boolean) => void;
}

function FoundTraces({ answer, filter, histogram, total, sample, range, reading, onReading }: FoundTracesProps) {
  const { data, error } = answer;
  return (
    <>
      {error && data ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {histogram.error && !error ? <ErrorBanner error={histogram.error} onRetry={histogram.retry} /> : null}
      {!data ? (
        error ? (
          <ErrorState error={error} onRetry={answer.retry} />
        ) : (
          <Loading what="traces" />
        )
      ) : data.traces.length === 0 ? (
        <NoTraces filter={filter} nearestMs={data.nearestMs} />
      ) : (
        <TraceResults
          data={data}
          filter={filter}
          histogram={histogram.data}
          total={total}
          sample={data.truncated ? sample.data?.traces : undefined}
          stale={answer.stale}
          range={range}
          reading={reading}
          onReading={onReading}
        />
      )}
    </>
  );
}

function countText(data: TracesResponse, total: number | undefined): string {
  if (!data.truncated) return formatCount(data.traces.length);
  return total === undefined
    ? `first ${formatCount(data.traces.length)}`
    : `${formatCount(data.traces.length)} of ${formatCount(total)}`;
}

/** The menus are filled once the page has its answer. */
function TraceFilters({ isAnswered }: { readonly isAnswered: boolean }) {
  const { search, update } = usePageSearch();
  const range = useScopeParams();
  // Names change rarely: a live page asks for them once a minute.
  const services = useApi<ServiceNamesResponse>('/service-names', wholeMinutes(range), { enabled: isAnswered });
  const operations = useApi<OperationsResponse>(
    '/operations',
    { service: search.service, ...wholeMinutes({ from: range.from, to: range.to }) },
    { enabled: isAnswered && search.service !== undefined },
  );
  return (
    <>
      <SelectMenu
        name="service"
        value={search.service}
        anyLabel="any"
        options={(services.data?.names ?? []).map((name) => ({
          value: name,
          label: <ServiceName name={name} />,
        }))}
        onChange={(service) => update({ service, operation: undefined })}
      />
      {search.service ? (
        <SelectMenu
          name="operation"
          value={search.operation}
          anyLabel="any"
          options={(operations.data?.operations ?? []).map(({ name, count }) => ({
            value: name,
            note: formatCount(count),
          }))}
          onChange={(operation) => update({ operation })}
        />
      ) : null}
      <Segmented
        label="Status"
        value={search.status ?? 'any'}
        options={[
          ['any', 'All'],
          ['ok', 'Ok'],
          ['error', 'Failed'],
        ]}
        onChange={(status) => update({ status: status === 'ok' || status === 'error' ? status : undefined })}
      />
      <div className="duration-boxes">
        <DurationBox
          label="Shortest duration"
          placeholder="min 5ms"
          value={search.min}
          onChange={(min) => update({ min })}
          parse={parseDuration}
          print={printDuration}
        />
        <DurationBox
          label="Longest duration"
          placeholder="max 2s"
          value={search.max}
          onChange={(max) => update({ max })}
          parse={parseDuration}
          print={printDuration}
        />
      </div>
    </>
  );
}

/** The range, widened so that it stays the same for a minute. */
function wholeMinutes<T extends { readonly from: number; readonly to: number }>(range: T): T {
  return { ...range, from: Math.floor(range.from / 60_000) * 60_000, to: Math.ceil(range.to / 60_000) * 60_000 };
}

/** The field of the address that a parameter of the request comes from. */
const FIELDS: { readonly [parameter: string]: string } = {
  minDurationNs: 'min',
  maxDurationNs: 'max',
  environment: 'env',
};

function NoTraces({ filter, nearestMs }: { readonly filter: Params; readonly nearestMs: number | undefined }) {
  const { search, update } = usePageSearch();
  // Why it was empty when it became so: a live refresh does not ask again.
  const { from, to } = useHeldParams(true);
  const { q, service, operation, status, min, max, env } = search;
  if ((q ?? service ?? operation ?? status ?? min ?? max ?? env) === undefined) {
    return (
      <EmptyState title="No trace in this range" nearestMs={nearestMs}>
        Nothing was recorded in this range.
      </EmptyState>
    );
  }
  const none = { q: undefined, service: undefined, operation: undefined, status: undefined };
  return (
    <NoMatches
      title="No trace matches"
      item="span"
      path="/traces/empty-reason"
      params={{ ...filter, from, to }}
      nearestMs={nearestMs}
      onChange={(parameter, value) => update({ [FIELDS[parameter] ?? parameter]: value })}
      onDropAll={() => update({ ...none, min: undefined, max: undefined, env: undefined })}
    />
  );
}

interface TraceResultsProps {
  readonly data: TracesResponse;
  readonly filter: Params;
  /** Undefined until it has come. */
  readonly histogram: TraceHistogramResponse | undefined;
  readonly total: number | undefined;
  /** Traces from the whole range, where the list is only a part of it. */
  readonly sample: readonly TraceSummary[] | undefined;
  readonly stale: boolean;
  readonly range: { readonly from: number; readonly to: number };
  /** The list is scrolled: refreshing would move the lines under the eye. */
  readonly reading: boolean;
  readonly onReading: (reading: boolean) => void;
}

function TraceResults({ data, filter, histogram, total, sample, stale, range, reading, onReading }: TraceResultsProps) {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const links = useLinks();
  const { traces } = data;
  const { columns: columnKeys, choose } = useChosenColumns('traces');
  const [markedIds, setMarkedIds] = useState<readonly string[]>([]);
  // Of three the first is let go.
  const toggle = useCallback(
    (id: string) =>
      setMarkedIds((ids) => (ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id].slice(-2))),
    [],
  );
  const columns = useMemo(
    () =>
      traceColumns({
        links,
        nowMs: scope.nowMs,
        fullNs: slowTail(traces),
        chosen: columnKeys,
        marked: { ids: markedIds, toggle },
      }),
    [links, scope.nowMs, traces, columnKeys, markedIds, toggle],
  );
  const byId = useMemo(
    () => new Map([...(sample ?? []), ...traces].map((trace) => [trace.traceId, trace])),
    [sample, traces],
  );
  // The newest thousand alone would crowd one edge, the slowest thousand hide the rest: then the sample is the picture.
  const points = useMemo(() => traceListFrame(sample ?? traces), [sample, traces]);
  const list = useMemo(() => traceListFrame(traces), [traces]);
  const counts = useMemo(() => histogram && traceCountFrame(histogram), [histogram]);
  const open = useCallback(
    (traceId: string, inNewTab = false) => {
      const span = byId.get(traceId)?.matchedSpanId;
      links.go(links.trace(traceId, span ? { span } : {}), inNewTab);
    },
    [byId, links],
  );
  const sort = traceSort(search);
  const time = { fromMs: range.from, toMs: range.to };
  return (
    <div className={stale ? 'fill stale' : 'fill fresh'}>
      <div className="plots">
        {counts ? (
          <Bars
            label="Traces over time by status"
            frame={counts}
            {...time}
            nowMs={scope.nowMs}
            height={HISTOGRAM_HEIGHT}
            onZoom={scope.zoomTo}
          />
        ) : (
          <div style={{ height: HISTOGRAM_HEIGHT }} />
        )}
        {search.plot === 'heatmap' ? (
          <SpanHeatmap filter={filter} time={time} />
        ) : (
          <Scatter
            label="Traces by time and duration"
            frame={points}
            {...time}
            cutBeforeMs={!sample && data.truncated && sort === 'newest' ? traces.at(-1)?.startMs : undefined}
            onOpen={open}
            describe={(key) => <TraceTip trace={byId.get(key)} />}
            onSelect={({ fromMs, toMs, minNs, maxNs }) => {
              update({ box: [Math.floor(fromMs), Math.ceil(toMs), minNs, maxNs], sel: undefined });
            }}
          />
        )}
      </div>
      {hasSelection(search) ? <DifferencesPanel filter={filter} /> : null}
      <div className="list-head">
        <span className="muted">
          {search.group !== undefined ? '' : listText(data, total, search.plot === 'heatmap' ? undefined : sample)}
        </span>
        <span className="spacer" />
        {markedIds.length === 1 ? <span className="muted small">choose another to compare</span> : null}
        {markedIds[0] !== undefined && markedIds[1] !== undefined ? (
          <To target={links.compare(markedIds[0], markedIds[1])} className="button on">
            Compare the two
          </To>
        ) : null}
        <Segmented
          label="Plot"
          value={search.plot === 'heatmap' ? 'heatmap' : 'traces'}
          options={[
            ['traces', 'Traces'],
            ['heatmap', 'All spans'],
          ]}
          onChange={(value) => update({ plot: value === 'heatmap' ? 'heatmap' : undefined })}
        />
        <ColumnMenu signal="traces" chosen={columnKeys} onChange={choose} />
        <GroupBySelect filter={filter} />
        {reading && scope.live ? <span className="muted small">refresh paused while you read</span> : null}
        {search.group === undefined ? (
          <SelectMenu
            name="sort"
            align="right"
            value={sort}
            options={TRACE_SORTS.map((value) => ({ value, label: SORT_NAMES[value] }))}
            onChange={(value) => update({ sort: value === 'newest' ? undefined : value })}
          />
        ) : null}
      </div>
      {search.group?.[0] !== undefined ? (
        <SpanGroups filter={filter} by={search.group[0]} />
      ) : (
        <Table
          label="Traces"
          keyboard
          frame={list}
          items={traces}
          columns={columns}
          keyField="key"
          onOpen={(trace, inNewTab) => open(trace.traceId, inNewTab)}
          onScroll={(scrollTop) => onReading(scrollTop > 0)}
        />
      )}
    </div>
  );
}

const HEATMAP_HEIGHT = 190;

/** Every matching span, counted by the store. */
function SpanHeatmap({
  filter,
  time,
}: {
  readonly filter: Params;
  readonly time: { readonly fromMs: number; readonly toMs: number };
}) {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const answer = useApi<SpanHeatmapResponse>('/traces/heatmap', filter);
  const { data, error } = answer;
  const frame = useMemo(() => data && spanHeatmapFrame(data), [data]);
  const bounds = useMemo(() => data?.lines.map(({ upperNs }) => upperNs), [data]);
  if (error) return <ErrorBanner error={error} onRetry={answer.retry} />;
  if (frame === undefined || bounds === undefined) return <div style={{ height: HEATMAP_HEIGHT }} />;
  const [fromMs, toMs, lower, upper] = search.box ?? [];
  const isBox = fromMs !== undefined && toMs !== undefined && lower !== undefined && upper !== undefined;
  return (
    <Heatmap
      label={`All ${formatCount(data?.spanCount ?? 0)} matching spans by time and duration`}
      frame={frame}
      {...time}
      height={HEATMAP_HEIGHT}
      bounds={bounds}
      box={isBox ? { fromMs, toMs, lower, upper } : undefined}
      onZoom={scope.zoomTo}
      onBox={(box) => {
        update({
          box: [Math.floor(box.fromMs), Math.ceil(box.toMs), Math.floor(box.lower), Math.ceil(box.upper)],
          sel: undefined,
        });
      }}
    />
  );
}

function listText(
  data: TracesResponse,
  total: number | undefined,
  sample: readonly TraceSummary[] | undefined,
): string {
  const { found, truncated } = data;
  const ofFound =
    found === undefined || found.isWhole
      ? ''
      : ` The query looks at whole traces: lists, plots and groups are of the newest ${formatCount(found.traceCount)} that it finds.`;
  if (!truncated) return `${plural(data.traces.length, 'trace')}${ofFound === '' ? '' : `.${ofFound}`}`;
  const plot = sample
    ? ` The plot is a sample of ${formatCount(sample.length)}: the slowest, failed ones, and some at random.`
    : '';
  return `Showing ${countText(data, total)} traces; narrow the search to see the rest.${ofFound}${plot}`;
}

/** The 95th percentile: a bar this long is full. One outlier would make all other bars dots. */
function slowTail(traces: readonly TraceSummary[]): number {
  const sorted = traces.map(({ durationNs }) => durationNs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 1;
}

function TraceTip({ trace }: { readonly trace: TraceSummary | undefined }) {
  if (!trace) return null;
  return (
    <>
      <ServiceName name={trace.rootService} strong />
      <div className="truncate">{visibleText(trace.rootOperation)}</div>
      <div className="tip-row">
        <b className={trace.errorCount > 0 ? 'error-text' : ''}>{formatDuration(trace.durationNs)}</b>
        <span className="muted">
          {plural(trace.spanCount, 'span')}
          {trace.errorCount > 0 ? `, ${plural(trace.errorCount, 'error')}` : ''}
        </span>
      </div>
      <div className="muted">{formatDateTime(trace.startMs, true)}</div>
    </>
  );
}
