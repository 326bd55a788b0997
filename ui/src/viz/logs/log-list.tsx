// biome-ignore-all lint/a11y/useSemanticElements: lines of different heights at computed places can't be rows of a <table>
/** Log records line by line: virtual rows, a level band, the message with its parts coloured, fields after it. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useMemo, useRef } from 'react';
import type { AttributeValue } from '#api/types.ts';
import { terminalRuns, visibleText } from '../../lib/foreign-text.ts';
import { formatClock, formatDate, formatDateTime } from '../../lib/format.ts';
import { type Frame, fieldOf } from '../../lib/frame.ts';
import { useLinks } from '../../lib/links.ts';
import { logLine, messageParts } from '../../lib/log-text.ts';
import { severityColour, severityGroup } from '../../lib/severity.ts';
import { useTheme } from '../../lib/theme.tsx';
import { Icon } from '../../widgets/icons.tsx';
import { useRowKeys } from '../../widgets/row-keys.ts';
import { ServiceDot } from '../../widgets/service-name.tsx';
import { TerminalText } from '../../widgets/terminal-text.tsx';
import { To } from '../../widgets/to.tsx';

export interface LogListProps {
  /** The fields of `logFrame`. */
  readonly frame: Frame;
  /** The lines lie in more than one day. */
  readonly withDate?: boolean;
  readonly hasOlder?: boolean;
  readonly loadingOlder?: boolean;
  readonly loadOlder?: () => void;
  readonly wrap?: boolean;
  /** Keys that have a place of their own before the message. */
  readonly columns?: readonly string[];
  readonly selectedId?: string | undefined;
  readonly onSelect?: (id: string) => void;
  /** Takes `j` and `k` of the page. */
  readonly keyboard?: boolean;
  /** Whether the newest line is out of view. */
  readonly onAwayFromTop?: (away: boolean) => void;
}

const ROW_HEIGHT = 24;
const NO_COLUMNS: readonly string[] = [];
/** Older records are asked for when this many rows are left below. */
const LOAD_AHEAD_ROWS = 60;

export function LogList(props: LogListProps) {
  const { frame, withDate = false, hasOlder = false, loadingOlder = false, wrap = false, keyboard = false } = props;
  const { columns = NO_COLUMNS, loadOlder, selectedId, onSelect, onAwayFromTop } = props;
  const lines = useMemo(() => linesOf(frame), [frame]);
  const { ids } = lines;
  const latestSelect = useRef(onSelect);
  latestSelect.current = onSelect;
  const select = useCallback((id: string) => latestSelect.current?.(id), []);
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 16,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: wrapping changes every height
  useEffect(() => virtualizer.measure(), [wrap]);
  const items = virtualizer.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && !loadingOlder && lastIndex > ids.length - LOAD_AHEAD_ROWS) loadOlder?.();
  }, [hasOlder, loadingOlder, lastIndex, ids.length, loadOlder]);
  const active = selectedId === undefined ? -1 : ids.indexOf(selectedId);
  const selectAt = (index: number): void => {
    const id = ids[index];
    if (id !== undefined && id !== selectedId) onSelect?.(id);
  };
  useRowKeys({
    enabled: keyboard,
    rowCount: ids.length,
    active,
    setActive: selectAt,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    open: () => undefined,
  });
  return (
    <div
      className={wrap ? 'log-scroll wrap' : 'log-scroll'}
      ref={scroller}
      onScroll={(event) => onAwayFromTop?.(event.currentTarget.scrollTop > ROW_HEIGHT)}
    >
      <div
        role="table"
        aria-label="Log records"
        aria-rowcount={ids.length}
        style={{ height: virtualizer.getTotalSize(), position: 'relative' }}
      >
        {items.map(({ index, start, key }) => (
          <div
            key={key}
            data-index={index}
            ref={wrap ? virtualizer.measureElement : undefined}
            className="log-place"
            style={{ transform: `translateY(${start}px)` }}
          >
            <LogRow
              {...lineAt(lines, index)}
              columns={columns}
              withDate={withDate}
              selected={index === active}
              onSelect={select}
            />
          </div>
        ))}
      </div>
      {loadingOlder ? <div className="log-more muted">Loading older records…</div> : null}
      {hasOlder || loadingOlder ? null : <div className="log-more muted">That is all in this range.</div>}
    </div>
  );
}

/** A log record as it stands in a line. Its parts are the same from frame to frame: a line that stays is not drawn again. */
interface Line {
  readonly id: string;
  readonly timeMs: number;
  readonly severityNumber: number;
  readonly level: string;
  readonly service: string;
  readonly body: AttributeValue;
  readonly attributes: AttributeValue;
  readonly resource: AttributeValue;
  readonly traceId: string;
  readonly spanId: string;
}

function linesOf(frame: Frame) {
  const texts = (name: string) => fieldOf(frame, name, 'text').values;
  return {
    ids: texts('id'),
    times: fieldOf(frame, 'time', 'time').values,
    severities: fieldOf(frame, 'severity', 'number').values,
    levels: texts('level'),
    services: texts('service'),
    bodies: fieldOf(frame, 'body', 'value').values,
    attributes: fieldOf(frame, 'attributes', 'value').values,
    resources: fieldOf(frame, 'resource', 'value').values,
    traceIds: texts('trace'),
    spanIds: texts('span'),
  };
}

function lineAt(lines: ReturnType<typeof linesOf>, row: number): Line {
  return {
    id: lines.ids[row]!,
    timeMs: lines.times[row]!,
    severityNumber: lines.severities[row] ?? 0,
    level: lines.levels[row]!,
    service: lines.services[row]!,
    body: lines.bodies[row]!,
    attributes: lines.attributes[row]!,
    resource: lines.resources[row]!,
    traceId: lines.traceIds[row]!,
    spanId: lines.spanIds[row]!,
  };
}

/** The rest of a longer message is in the detail. */
const TITLE_CHARS = 1_000;

interface LogRowProps extends Line {
  readonly columns: readonly string[];
  readonly withDate: boolean;
  readonly selected: boolean;
  readonly onSelect: (id: string) => void;
}

const LogRow = memo(function LogRow(log: LogRowProps) {
  const { withDate, selected, onSelect } = log;
  const { tokens } = useTheme();
  const links = useLinks();
  const { message, fields } = logLine(log);
  const group = severityGroup(log.severityNumber);
  const { traceId } = log;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: j and k of the page move through the lines
    <div
      role="row"
      tabIndex={-1}
      aria-selected={selected}
      className={`log-row level-${group}${selected ? ' selected' : ''}`}
      onClick={() => onSelect(log.id)}
    >
      <i className="level-band" style={{ background: severityColour(log.severityNumber, tokens) }} />
      <span role="cell" className="log-time" title={formatDateTime(log.timeMs, true)}>
        {withDate ? `${formatDate(log.timeMs).slice(5)} ` : ''}
        {formatClock(log.timeMs, true)}
      </span>
      <span role="cell" className="log-level">
        {visibleText(log.level || group)
          .slice(0, 5)
          .toUpperCase()}
      </span>
      <span role="cell" className="log-service" title={visibleText(log.service)}>
        <ServiceDot name={log.service} />
        <span className="truncate">{visibleText(log.service)}</span>
      </span>
      {log.columns.map((key) => (
        <LogColumn key={key} name={key} line={log} />
      ))}
      <span role="cell" className="log-message mono" title={visibleText(message.slice(0, TITLE_CHARS))}>
        <Message text={message} />
        {Object.entries(fields)
          .filter(([key]) => !log.columns.includes(key))
          .map(([key, value]) => (
            <span key={key} className="log-field">
              {' '}
              {visibleText(key)}=<b>{visibleText(typeof value === 'string' ? value : JSON.stringify(value))}</b>
            </span>
          ))}
      </span>
      <span role="cell" className="log-jump">
        {traceId ? (
          <To
            target={links.trace(traceId, log.spanId ? { span: log.spanId } : {})}
            className="icon-link"
            title="Open the trace"
          >
            <Icon name="traces" size={13} />
          </To>
        ) : null}
      </span>
    </div>
  );
});

/** The value of a chosen key, of the record or else of its resource. */
function LogColumn({ name, line }: { readonly name: string; readonly line: Line }) {
  const value = columnValue(name, line);
  const text = value === undefined ? '' : visibleText(typeof value === 'string' ? value : JSON.stringify(value));
  return (
    <span role="cell" className="log-column truncate" title={`${visibleText(name)}: ${text || 'none'}`}>
      {text === '' ? <span className="muted">–</span> : text}
    </span>
  );
}

function columnValue(
  name: string,
  { attributes, resource, service, traceId, spanId }: Line,
): AttributeValue | undefined {
  const known: Readonly<Record<string, AttributeValue>> = {
    service,
    'service.name': service,
    trace: traceId,
    span: spanId,
  };
  const of = (values: AttributeValue): AttributeValue | undefined =>
    typeof values === 'object' && values !== null && !Array.isArray(values)
      ? (values as Readonly<Record<string, AttributeValue>>)[name.replace(/^(?:resource|log|attributes)\./, '')]
      : undefined;
  return of(attributes) ?? of(resource) ?? known[name];
}

/** Where the message brings colours of its own they stand; else what is recognised in it is coloured. */
function Message({ text }: { readonly text: string }) {
  const runs = terminalRuns(text);
  if (runs.length === 1 && runs[0]!.colour === undefined) {
    return messageParts(visibleText(runs[0]!.text)).map(({ kind, text: part }, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a fixed text
      <span key={i} className={kind === 'text' ? undefined : `part-${kind}`}>
        {part}
      </span>
    ));
  }
  return <TerminalText text={text} />;
}
