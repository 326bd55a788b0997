/** Metrics: find one, choose how to add it up and split it, see it over time with its exemplars; or ask in PromQL. */

import { lazy, Suspense, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { MetricLabelsResponse, MetricQueryResponse, MetricSummary, MetricsResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { plural, unitFormat } from '../lib/format.ts';
import { exemplarFrame, heatmapFrame, metricFrame } from '../lib/frames/metric.ts';
import { useLinks } from '../lib/links.ts';
import { aggregationsOf, defaultAggregation, typeText } from '../lib/metrics.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { metricsQuestion } from '../lib/questions.ts';
import { useApi, useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import { asksInPromql, freeLetter } from '../lib/search.ts';
import { GroupMenu } from '../panels/group-menu.tsx';
import { MetricList } from '../panels/metric-list.tsx';
import { MetricMoment, type Moment } from '../panels/metric-moment.tsx';
import { Heatmap } from '../viz/heatmap/heatmap.tsx';
import { TimeSeries } from '../viz/time-series/time-series.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { QueryField } from '../widgets/query-field.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';

/** The editor of PromQL is as large as the rest of the console: a chunk of its own. */
const PromqlPanel = lazy(() => import('../panels/promql/promql-panel.tsx'));

export function MetricsPage() {
  const { search } = usePageSearch();
  const isPromql = asksInPromql(search);
  // Who comes from the builder wants to write; an address that is opened leaves the keys to the page.
  const cameFromBuilder = useRef(false);
  if (!isPromql) {
    cameFromBuilder.current = true;
    return <Builder />;
  }
  return (
    <>
      <PageTitle title="Metrics">
        <WayToAsk />
      </PageTitle>
      <Suspense fallback={<Loading what="the editor" />}>
        <PromqlPanel takesFocus={cameFromBuilder.current} />
      </Suspense>
    </>
  );
}

function WayToAsk() {
  const { search, update } = usePageSearch();
  return (
    <Segmented
      label="How to ask"
      value={asksInPromql(search) ? 'promql' : 'builder'}
      options={[
        ['builder', 'Builder'],
        ['promql', 'PromQL'],
      ]}
      onChange={(way) => update({ promql: way === 'promql' })}
    />
  );
}

function Builder() {
  const { search, update } = usePageSearch();
  const { owner, setOwn } = useScope();
  const answer = useQuestion<MetricsResponse>(metricsQuestion(search, useScopeParams()));
  const find = useDeferredValue(search.find ?? '');
  const metrics = answer.data?.metrics;
  const shown = useMemo(() => (metrics ?? []).filter((metric) => matches(metric, find)), [metrics, find]);
  const current = metrics?.find(({ name }) => name === search.metric) ?? (search.metric ? undefined : shown[0]);
  return (
    <>
      <PageTitle title="Metrics">
        {metrics ? <span className="muted">{metrics.length}</span> : null}
        <WayToAsk />
      </PageTitle>
      {answer.error && metrics ? <ErrorBanner error={answer.error} onRetry={answer.retry} /> : null}
      {!metrics ? (
        answer.error ? (
          <ErrorState error={answer.error} onRetry={answer.retry} />
        ) : (
          <Loading what="metrics" />
        )
      ) : metrics.length === 0 ? (
        <EmptyState
          title={owner ? 'Signalbox said nothing of itself in this range' : 'No metric has points in this range'}
          actions={
            <button type="button" className="button" onClick={() => setOwn(!owner)}>
              {owner ? 'Your metrics' : 'Signalbox’s own metrics'}
            </button>
          }
        >
          Choose a longer range, or look further back.
        </EmptyState>
      ) : (
        <div className="metrics-body">
          <MetricList
            metrics={shown}
            total={metrics.length}
            current={current?.name}
            own={owner === 'own'}
            onOwn={(own) => {
              update({ own: own || undefined, metric: undefined, agg: undefined, group: undefined, q: undefined });
            }}
            find={search.find ?? ''}
            onFind={(text) => update({ find: text || undefined }, true)}
            onChoose={(metric) => update({ metric, agg: undefined, group: undefined })}
          />
          {current ? (
            <MetricView key={current.name} metric={current} />
          ) : (
            <EmptyState title={`“${visibleText(search.metric ?? '')}” has no points in this range`}>
              Choose another metric at the left, or a longer range.
            </EmptyState>
          )}
        </div>
      )}
    </>
  );
}

function matches({ name, description }: MetricSummary, find: string): boolean {
  const needle = find.toLowerCase();
  return name.toLowerCase().includes(needle) || description.toLowerCase().includes(needle);
}

function MetricView({ metric }: { readonly metric: MetricSummary }) {
  const { search, update } = usePageSearch();
  const range = useScopeParams();
  const { owner } = useScope();
  const answer = useApi<MetricQueryResponse>('/metrics/query', {
    name: metric.name,
    ...range,
    groupBy: search.group?.join(','),
    aggregation: search.agg,
    owner,
    q: search.q,
  });
  const { data, error } = answer;
  const labels = useApi<MetricLabelsResponse>(
    '/metrics/labels',
    {
      name: metric.name,
      from: range.from,
      to: range.to,
      owner,
    },
    { enabled: data !== undefined || error !== undefined },
  );
  const found = data && !answer.stale && data.series.length > 0 ? seriesText(data) : undefined;
  useAnnouncement(found, [metric.name, search.group, search.agg, search.q]);
  return (
    <div className="metric-view">
      <header className="metric-head">
        <h2>{visibleText(metric.name)}</h2>
        <p className="muted">
          {metric.description === '' ? '' : `${visibleText(metric.description).replace(/\.$/, '')}. `}
          {typeText(metric)}
          {metric.unit ? `, unit ${visibleText(metric.unit)}` : ''}, {plural(metric.seriesCount, 'series', 'series')}.
        </p>
      </header>
      <div className="toolbar">
        <SelectMenu
          name="show"
          value={search.agg ?? defaultAggregation(metric)}
          options={aggregationsOf(metric).map(([value, note]) => ({ value, note }))}
          onChange={(agg) => update({ agg: agg === defaultAggregation(metric) ? undefined : agg })}
        />
        <GroupMenu
          labels={labels.data?.labels ?? []}
          chosen={search.group ?? []}
          onChange={(group) => update({ group: group.length > 0 ? group : undefined })}
        />
        <QueryField
          page="metrics"
          value={search.q ?? ''}
          placeholder="service.name=orders http.route=/api/cart"
          error={error?.code === 'bad_query' ? error : undefined}
          onSubmit={(q) => update({ q: q || undefined })}
        />
        {data && !answer.stale ? <AsPromql expression={data.promql} /> : null}
      </div>
      {error && data ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {data ? (
        <div className={answer.stale ? 'page-scroll stale' : 'page-scroll fresh'}>
          <MetricChart data={data} />
        </div>
      ) : error ? (
        <ErrorState error={error} onRetry={answer.retry} />
      ) : (
        <Loading what={visibleText(metric.name)} />
      )}
    </div>
  );
}

/** The question in words of PromQL, as one more query of those that are there. */
function AsPromql({ expression }: { readonly expression: string | undefined }) {
  const { search, update } = usePageSearch();
  const letter = freeLetter(search);
  return (
    <button
      type="button"
      className="button"
      disabled={expression === undefined || letter === undefined}
      title={
        expression === undefined
          ? 'PromQL has no words for this filter or this way to add up'
          : letter === undefined
            ? 'There are six queries already: remove one first'
            : visibleText(expression)
      }
      onClick={() => letter !== undefined && update({ [letter]: expression, promql: true })}
    >
      Edit as PromQL
    </button>
  );
}

function MetricChart({ data }: { readonly data: MetricQueryResponse }) {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const links = useLinks();
  const [moment, setMoment] = useState<Moment>();
  const { format } = unitFormat(data.unit);
  const frame = useMemo(() => (data.aggregation === 'heatmap' ? heatmapFrame(data) : metricFrame(data)), [data]);
  const exemplars = useMemo(() => exemplarFrame(data), [data]);
  if (data.series.length === 0) {
    return (
      <EmptyState
        title="No series matches"
        actions={
          search.q ? (
            <button type="button" className="button" onClick={() => update({ q: undefined })}>
              Drop the filter
            </button>
          ) : null
        }
      />
    );
  }
  if (data.aggregation === 'heatmap') {
    return (
      <div className="section">
        <div className="chart-head">
          <h3>heatmap</h3>
          <span className="muted">observations by value, added up over all series; the stronger, the more</span>
        </div>
        <Heatmap
          label={`${visibleText(data.metric.name)}: observations by time and value`}
          frame={frame}
          fromMs={scope.fromMs}
          toMs={scope.toMs}
          onZoom={scope.zoomTo}
        />
      </div>
    );
  }
  return (
    <div className="section">
      <TimeSeries
        title={`${data.aggregation}${search.group ? ` by ${visibleText(search.group.join(', '))}` : ''}`}
        note={chartNote(data)}
        frame={frame}
        fromMs={scope.fromMs}
        toMs={scope.toMs}
        nowMs={scope.nowMs}
        height={320}
        legend="table"
        logOffered={data.metric.type !== 'gauge'}
        marks={exemplars}
        onMark={(key) => {
          const [traceId, span] = key.split('/');
          links.go(links.trace(traceId!, span ? { span } : {}));
        }}
        onZoom={scope.zoomTo}
        onPoint={(fromMs, toMs) => setMoment({ fromMs, toMs })}
      />
      {moment ? (
        <MetricMoment data={data} moment={moment} format={format} onClose={() => setMoment(undefined)} />
      ) : null}
    </div>
  );
}

function seriesText({ metric, series, foldedCount }: MetricQueryResponse): string {
  return `${visibleText(metric.name)}: ${plural(series.length + foldedCount, 'series', 'series')}`;
}

function chartNote(data: MetricQueryResponse): string {
  const notes: string[] = [];
  if (data.foldedCount > 0)
    notes.push(`the ${data.series.length} largest series; ${data.foldedCount} more are not shown`);
  if (data.leftOutCount > 0)
    notes.push(`${plural(data.leftOutCount, 'series', 'series')} of another type, without ${data.aggregation}`);
  if (data.exemplars.length > 0) notes.push('squares are exemplars: click for the trace');
  else notes.push('click a point for what is behind it');
  return notes.join(', ');
}
