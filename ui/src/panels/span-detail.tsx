/** Everything about one span, beside the waterfall: attributes with actions, events with stack traces, links, its logs. */

import { type ReactNode, useMemo, useState } from 'react';
import type { AttributeValue, SpanResponse } from '#api/types.ts';
import { apiPath } from '../lib/api.ts';
import { withTerm } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDuration, formatPercent, plural } from '../lib/format.ts';
import { enumText } from '../lib/frame.ts';
import { spanFiguresFrame, spanFrames } from '../lib/frames/span.ts';
import { useLinks } from '../lib/links.ts';
import { useApi } from '../lib/scope.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { spanIdOf, type TraceModel } from '../lib/trace-model.ts';
import { againstUsual } from '../lib/usual.ts';
import { Details } from '../viz/details/details.tsx';
import { SpanEvents } from '../viz/details/span-events.tsx';
import { SpanLinks } from '../viz/details/span-links.tsx';
import { Figures } from '../viz/figures/figures.tsx';
import { LogBrief } from '../viz/logs/log-brief.tsx';
import type { TraceView } from '../viz/trace/view.ts';
import { CutNote } from '../widgets/cut-note.tsx';
import { Detail } from '../widgets/detail.tsx';
import { Icon } from '../widgets/icons.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';
import { useUsual } from './use-usual.ts';

/** Links from a trace reach this far around it. */
const AROUND_MS = 15 * 60_000;

interface SpanDetailProps {
  readonly view: TraceView;
  readonly row: number;
  /** Of a trace that is not in the store. */
  readonly spanAt: ((row: number) => SpanResponse) | undefined;
  readonly onClose: () => void;
}

export function SpanDetail({ view, row, spanAt, onClose }: SpanDetailProps) {
  const { model } = view;
  const spanId = spanIdOf(model, row);
  const path = apiPath('traces', model.trace.traceId, 'spans', spanId);
  const [wholePath, setWholePath] = useState<string>();
  const isAsked = wholePath === path;
  const answer = useApi<SpanResponse>(path, {}, { keep: false, enabled: spanAt === undefined });
  const atHand = useMemo(() => spanAt?.(row), [spanAt, row]);
  const whole = useApi<SpanResponse>(path, { full: 1 }, { enabled: isAsked, keep: false });
  const span = atHand ?? (isAsked ? whole.data : undefined) ?? answer.data;
  const service = enumText(model.service, row);
  const name = enumText(model.name, row);
  return (
    <Detail
      label="Span details"
      owner={
        <span className="cell-line">
          <ServiceName name={service} />
          {view.path.onPath[row] === 1 ? <span className="chip">critical path</span> : null}
        </span>
      }
      title={visibleText(name)}
      onClose={onClose}
    >
      <SpanFigures model={model} row={row} />
      {span && spanAt === undefined ? <UsualTime model={model} row={row} /> : null}
      {span?.cut ? <CutNote whole={whole} onShow={() => setWholePath(path)} /> : null}
      {span ? (
        <SpanBody span={span} view={view} row={row} />
      ) : answer.error ? (
        <ErrorState error={answer.error} onRetry={answer.retry} />
      ) : (
        <Loading what="the span" />
      )}
    </Detail>
  );
}

function SpanFigures({ model, row }: { readonly model: TraceModel; readonly row: number }) {
  const durationNs = model.endNs[row]! - model.startNs[row]!;
  const wholeNs = model.trace.durationNs;
  const frame = useMemo(() => spanFiguresFrame(model, row), [model, row]);
  return (
    <Figures
      kind="columns"
      frame={frame}
      figures={[
        { id: 'duration', header: 'Duration', note: `${formatPercent(durationNs / Math.max(1, wholeNs))} of trace` },
        {
          id: 'self',
          header: 'Self time',
          ...(durationNs > 0 ? { note: formatPercent(model.selfNs[row]! / durationNs) } : {}),
        },
        { id: 'start', header: 'Starts at', note: `of ${formatDuration(wholeNs)}` },
      ]}
    />
  );
}

/** The span against those of its operation. */
function UsualTime({ model, row }: { readonly model: TraceModel; readonly row: number }) {
  const service = enumText(model.service, row);
  const services = useMemo(() => [service], [service]);
  const usual = useUsual(services, model.trace.startMs).get(`${service}\n${enumText(model.name, row)}`);
  if (usual === undefined) return null;
  const durationNs = model.endNs[row]! - model.startNs[row]!;
  const [p50, p95, p99] = [usual.p50Ns, usual.p95Ns, usual.p99Ns].map((ns) => formatDuration(ns));
  return (
    <p className="span-usual small">
      <span className={durationNs > usual.p99Ns ? 'warning-text' : ''}>It took {againstUsual(durationNs, usual)}</span>
      <span className="muted">
        : p50 {p50}, p95 {p95}, p99 {p99}
      </span>
    </p>
  );
}

function SpanBody({
  span,
  view,
  row,
}: {
  readonly span: SpanResponse;
  readonly view: TraceView;
  readonly row: number;
}) {
  const [filter, setFilter] = useState('');
  const links = useLinks();
  const { startMs } = view.model.trace;
  const around = rangeToSearch({ kind: 'absolute', fromMs: startMs - AROUND_MS, toMs: startMs + AROUND_MS });
  const time = { from: around.from!, to: around.to! };
  const search = (operator: '=' | '!=') => (key: string, value: AttributeValue) =>
    links.go(links.traces({ range: undefined, ...time, q: withTerm('', key, operator, value) }));
  const actions = { onInclude: search('='), onExclude: search('!='), filter };
  const logs = view.logs.byRow.get(row) ?? [];
  const frames = useMemo(() => spanFrames(span, view.model.trace.startNs), [span, view.model]);
  const attributeCount = frames.attributes.length;
  return (
    <>
      <div className="detail-links">
        <To target={links.traces({ range: undefined, ...time, service: span.service, operation: span.name })}>
          Similar spans
        </To>
        <To target={links.service(span.service, { range: undefined, ...time })}>Service</To>
        <To target={links.logs({ range: undefined, ...time, service: span.service })}>Logs around</To>
        <To
          target={links.metrics({
            range: undefined,
            ...time,
            q: withTerm('', 'service.name', '=', span.service),
          })}
        >
          Metrics
        </To>
      </div>
      {span.status === 'error' ? (
        <div className="detail-error">
          <Icon name="warning" size={14} /> {visibleText(span.statusMessage) || 'The span failed, without a message.'}
        </div>
      ) : null}
      {span.events.length > 0 ? (
        <Section title="Events" count={span.events.length}>
          <SpanEvents frame={frames.events} />
          <Dropped count={span.droppedEventsCount} what="event" />
        </Section>
      ) : null}
      <Section
        title="Attributes"
        count={attributeCount}
        tools={
          attributeCount > 8 ? (
            <input
              className="input detail-filter"
              placeholder="Filter"
              aria-label="Filter attributes"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
          ) : null
        }
      >
        <Details label="Attributes" frame={frames.attributes} {...actions} />
        <Dropped count={span.droppedAttributesCount} what="attribute" />
      </Section>
      {logs.length > 0 ? (
        <Section title="Logs" count={logs.length}>
          <LogBrief frame={view.logs.frame} rows={logs} />
        </Section>
      ) : null}
      {frames.links.length > 0 ? (
        <Section title="Links" count={frames.links.length}>
          <SpanLinks frame={frames.links} />
          <Dropped count={span.droppedLinksCount} what="link" />
        </Section>
      ) : null}
      <Section title="Resource" count={frames.resource.length}>
        <Details label="Resource" frame={frames.resource} {...actions} />
      </Section>
      <Section title="Span">
        <Details label="Span" frame={frames.identity} />
      </Section>
    </>
  );
}

interface SectionProps {
  readonly title: string;
  readonly count?: number;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, count, tools, children }: SectionProps) {
  return (
    <section className="detail-section">
      <div className="detail-section-head">
        <h3>{title}</h3>
        {count === undefined ? null : <span className="muted small">{count}</span>}
        <span className="spacer" />
        {tools}
      </div>
      {children}
    </section>
  );
}

function Dropped({ count, what }: { readonly count: number; readonly what: string }) {
  if (count === 0) return null;
  return <p className="warning-text small">The SDK dropped {plural(count, what)} of this span.</p>;
}
