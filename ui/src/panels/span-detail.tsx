/** Everything about one span, beside the waterfall: attributes with actions, events with stack traces, links, its logs. */

import { type ReactNode, useState } from 'react';
import type { Attributes, AttributeValue, LogRecord, SpanResponse } from '#api/types.ts';
import { apiPath } from '../lib/api.ts';
import { withTerm } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock, formatDuration, formatExactTime, formatPercent, plural } from '../lib/format.ts';
import { enumText } from '../lib/frame.ts';
import { useLinks } from '../lib/links.ts';
import { useApi } from '../lib/scope.tsx';
import { severityColour } from '../lib/severity.ts';
import { useTheme } from '../lib/theme.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { spanIdOf, type TraceModel } from '../lib/trace-model.ts';
import type { TraceView } from '../viz/trace/view.ts';
import { AttributeTable, CopyAction, printAttribute } from '../widgets/attribute-table.tsx';
import { CutNote } from '../widgets/cut-note.tsx';
import { Icon } from '../widgets/icons.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

/** Links from a trace reach this far around it. */
const AROUND_MS = 15 * 60_000;

export function SpanDetail({
  view,
  row,
  onClose,
}: {
  readonly view: TraceView;
  readonly row: number;
  readonly onClose: () => void;
}) {
  const { model } = view;
  const spanId = spanIdOf(model, row);
  const path = apiPath('traces', model.trace.traceId, 'spans', spanId);
  const [wholePath, setWholePath] = useState<string>();
  const isAsked = wholePath === path;
  const answer = useApi<SpanResponse>(path, {}, { keep: false });
  const whole = useApi<SpanResponse>(path, { full: 1 }, { enabled: isAsked, keep: false });
  const span = (isAsked ? whole.data : undefined) ?? answer.data;
  const service = enumText(model.service, row);
  const name = enumText(model.name, row);
  return (
    <aside className="span-detail" aria-label="Span details">
      <header className="detail-head">
        <div className="detail-title">
          <span className="cell-line">
            <ServiceName name={service} />
            {view.path.onPath[row] === 1 ? <span className="chip">critical path</span> : null}
          </span>
          <h2>{visibleText(name)}</h2>
        </div>
        <button
          type="button"
          className="button icon quiet"
          aria-label="Close the details"
          title="Close ( Esc )"
          onClick={onClose}
        >
          <Icon name="close" size={14} />
        </button>
      </header>
      <SpanFigures model={model} row={row} />
      {span?.cut ? <CutNote whole={whole} onShow={() => setWholePath(path)} /> : null}
      {span ? (
        <SpanBody span={span} view={view} row={row} />
      ) : answer.error ? (
        <ErrorState error={answer.error} onRetry={answer.retry} />
      ) : (
        <Loading what="the span" />
      )}
    </aside>
  );
}

function SpanFigures({ model, row }: { readonly model: TraceModel; readonly row: number }) {
  const durationNs = model.endNs[row]! - model.startNs[row]!;
  const selfNs = model.selfNs[row]!;
  return (
    <dl className="figures">
      <Figure
        name="Duration"
        value={formatDuration(durationNs)}
        note={`${formatPercent(durationNs / Math.max(1, model.trace.durationNs))} of trace`}
      />
      <Figure
        name="Self time"
        value={formatDuration(selfNs)}
        note={durationNs > 0 ? formatPercent(selfNs / durationNs) : ''}
      />
      <Figure
        name="Starts at"
        value={formatDuration(model.startNs[row]!)}
        note={`of ${formatDuration(model.trace.durationNs)}`}
      />
    </dl>
  );
}

function Figure({ name, value, note }: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} <span className="muted small">{note}</span>
      </dd>
    </div>
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
  const logs = (view.logs.byRow.get(row) ?? []).map((i) => view.logs.records[i]!);
  const attributeCount = Object.keys(span.attributes).length;
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
      <Events span={span} traceStartNs={view.model.trace.startNs} />
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
        <AttributeTable label="Attributes" attributes={span.attributes} {...actions} />
        <Dropped count={span.droppedAttributesCount} what="attribute" />
      </Section>
      {logs.length > 0 ? (
        <Section title="Logs" count={logs.length}>
          <ul className="detail-logs">
            {logs.map((log) => (
              <DetailLog key={log.id} log={log} />
            ))}
          </ul>
        </Section>
      ) : null}
      <SpanLinks span={span} />
      <Section title="Resource" count={Object.keys(span.resource).length}>
        <AttributeTable label="Resource" attributes={span.resource} {...actions} />
      </Section>
      <Section title="Span">
        <AttributeTable label="Span" attributes={identity(span)} />
      </Section>
    </>
  );
}

function identity(span: SpanResponse): Attributes {
  const { spanId, parentSpanId, traceId, kind, status, startNs, traceState, scope } = span;
  const entries: [string, AttributeValue][] = [
    ['span id', spanId],
    ['parent id', parentSpanId || 'none: a root'],
    ['trace id', traceId],
    ['kind', kind],
    ['status', status],
    ['start', formatExactTime(startNs)],
    ['scope', `${scope.name} ${scope.version}`.trim()],
  ];
  if (traceState) entries.push(['trace state', traceState]);
  return Object.fromEntries(entries);
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

function Events({ span, traceStartNs }: { readonly span: SpanResponse; readonly traceStartNs: string }) {
  if (span.events.length === 0) return null;
  return (
    <Section title="Events" count={span.events.length}>
      <ul className="detail-events">
        {span.events.map((event) => {
          const stack = event.attributes['exception.stacktrace'];
          const { 'exception.stacktrace': _stack, ...attributes } = event.attributes;
          return (
            <li key={`${event.timeNs} ${event.name}`}>
              <div className="event-head">
                <b className={event.name === 'exception' ? 'error-text' : ''}>{visibleText(event.name)}</b>
                <span className="muted small">
                  +{formatDuration(Number(BigInt(event.timeNs) - BigInt(traceStartNs)))}
                </span>
              </div>
              {Object.keys(attributes).length > 0 ? (
                <AttributeTable label={visibleText(event.name)} attributes={attributes} />
              ) : null}
              {typeof stack === 'string' ? <StackTrace text={stack} /> : null}
            </li>
          );
        })}
      </ul>
      <Dropped count={span.droppedEventsCount} what="event" />
    </Section>
  );
}

/** Frames of libraries are pale: the first own frame is what one looks for. */
function StackTrace({ text }: { readonly text: string }) {
  return (
    <div className="stack">
      <CopyAction title="Copy the stack trace" text={text} />
      <pre className="mono">
        {text.split('\n').map((line, i) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text
            key={i}
            className={/node_modules|node:internal|site-packages|\/usr\/lib\/|\(internal\//.test(line) ? 'muted' : ''}
          >
            {visibleText(line)}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}

function SpanLinks({ span }: { readonly span: SpanResponse }) {
  const links = useLinks();
  if (span.links.length === 0 && span.linkedFrom.length === 0) return null;
  return (
    <Section title="Links" count={span.links.length + span.linkedFrom.length}>
      <ul className="detail-spanlinks">
        {span.links.map((link) => (
          <li key={`${link.traceId}${link.spanId}`}>
            <span className="muted">to</span>
            <To target={links.trace(link.traceId, { span: link.spanId })} className="mono">
              {link.traceId.slice(0, 16)}… / {link.spanId}
            </To>
            {Object.keys(link.attributes).length > 0 ? (
              <AttributeTable label="Link" attributes={link.attributes} />
            ) : null}
          </li>
        ))}
        {span.linkedFrom.map((link) => (
          <li key={`${link.traceId}${link.spanId}`}>
            <span className="muted">from</span>
            <To target={links.trace(link.traceId, { span: link.spanId })}>
              {visibleText(`${link.service}: ${link.name}`)}
            </To>
          </li>
        ))}
      </ul>
      <Dropped count={span.droppedLinksCount} what="link" />
    </Section>
  );
}

function DetailLog({ log }: { readonly log: LogRecord }) {
  const { tokens } = useTheme();
  return (
    <li>
      <i className="level-band" style={{ background: severityColour(log.severityNumber, tokens) }} />
      <span className="muted">{formatClock(log.timeMs, true)}</span>
      <span className="mono">{visibleText(printAttribute(log.body))}</span>
    </li>
  );
}
