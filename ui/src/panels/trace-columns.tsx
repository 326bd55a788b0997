/** The columns of every list of traces. */
import type { TraceSummary } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import {
  formatAgo,
  formatClock,
  formatCount,
  formatDate,
  formatDateTime,
  formatDuration,
  plural,
} from '../lib/format.ts';
import type { Links } from '../lib/links.ts';
import type { Column } from '../viz/table/table.tsx';
import { ServiceDot, ServiceName } from '../widgets/service-name.tsx';
import { To } from '../widgets/to.tsx';

interface TraceColumnsInput {
  readonly links: Links;
  readonly nowMs: number;
  /** A duration of this or more has a full bar. */
  readonly fullNs: number;
  /** Keys of columns that a person chose, in the order of `TraceSummary.columns`. */
  readonly chosen?: readonly string[];
  /** Those chosen to be compared, and how one is; absent where none can be. */
  readonly marked?: { readonly ids: readonly string[]; readonly toggle: (traceId: string) => void } | undefined;
  /** Narrow lists leave out the services. */
  readonly compact?: boolean;
}

const DOTS_SHOWN = 6;
/** SDKs send a span when it has ended, and in batches: a root comes last. So long after the last span it is not missing yet. */
const ARRIVING_MS = 15_000;

export function traceColumns({
  links,
  nowMs,
  fullNs,
  chosen = [],
  marked,
  compact = false,
}: TraceColumnsInput): readonly Column<TraceSummary>[] {
  const columns: Column<TraceSummary>[] = [
    {
      id: 'time',
      header: 'Time',
      width: compact ? 88 : 120,
      narrowWidth: compact ? 88 : 100,
      drop: 2,
      cell: ({ startMs }) => (
        <span title={`${formatDateTime(startMs, true)}, ${formatAgo(startMs, nowMs)}`}>
          {formatDate(startMs) === formatDate(nowMs) ? '' : `${formatDate(startMs).slice(5)} `}
          {formatClock(startMs)}
        </span>
      ),
    },
    {
      id: 'root',
      header: 'Root',
      minWidth: 250,
      cell: (trace) => <RootCell trace={trace} links={links} nowMs={nowMs} />,
    },
    {
      id: 'duration',
      header: 'Duration',
      width: compact ? 130 : 190,
      narrowWidth: 84,
      align: 'right',
      cell: ({ durationNs, errorCount }) => (
        <span className="cell-bar">
          <span className="bar-room">
            <i
              className={errorCount > 0 ? 'bar error' : 'bar'}
              style={{ width: `${Math.min(100, Math.max(1, (durationNs / Math.max(1, fullNs)) * 100))}%` }}
            />
          </span>
          <b>{formatDuration(durationNs)}</b>
        </span>
      ),
    },
    {
      id: 'spans',
      header: 'Spans',
      width: 72,
      drop: 4,
      align: 'right',
    },
    {
      id: 'errors',
      header: 'Errors',
      width: 64,
      drop: 3,
      align: 'right',
      cell: ({ errorCount }) =>
        errorCount > 0 ? (
          <span className="error-text">{formatCount(errorCount)}</span>
        ) : (
          <span className="muted">0</span>
        ),
    },
  ];
  if (compact) return columns.filter(({ id }) => id !== 'errors');
  columns.push({
    id: 'services',
    header: 'Services',
    width: 132,
    drop: 5,
    cell: ({ services }) => (
      <span className="service-dots" title={services.map(visibleText).join('\n')}>
        {services.slice(0, DOTS_SHOWN).map((name) => (
          <ServiceDot key={name} name={name} />
        ))}
        <span className="muted small">{services.length}</span>
      </span>
    ),
  });
  columns.splice(2, 0, ...chosen.map(chosenColumn));
  if (marked !== undefined) columns.push(markColumn(marked));
  return columns;
}

/** The later ones go first where there is no room. */
function chosenColumn(key: string, index: number): Column<TraceSummary> {
  return {
    id: `column ${key}`,
    header: (
      <span className="truncate" title={visibleText(key)}>
        {visibleText(key)}
      </span>
    ),
    width: 150,
    drop: 7 + index,
    cell: ({ columns }) => {
      const value = columns?.[index] ?? '';
      return value === '' ? (
        <span className="muted">–</span>
      ) : (
        <span className="truncate" title={visibleText(value)}>
          {visibleText(value)}
        </span>
      );
    },
  };
}

function markColumn({ ids, toggle }: NonNullable<TraceColumnsInput['marked']>): Column<TraceSummary> {
  return {
    id: 'mark',
    header: '',
    width: 48,
    drop: 6,
    cell: ({ traceId }) => (
      <input
        type="checkbox"
        aria-label="Choose for a comparison"
        title="Choose two to compare them"
        checked={ids.includes(traceId)}
        onClick={(event) => event.stopPropagation()}
        onChange={() => toggle(traceId)}
      />
    ),
  };
}

interface RootCellProps {
  readonly trace: TraceSummary;
  readonly links: Links;
  readonly nowMs: number;
}

function RootCell({ trace, links, nowMs }: RootCellProps) {
  const arriving = nowMs - trace.startMs - trace.durationNs / 1e6 < ARRIVING_MS;
  const { traceId, matchedSpanId, rootService, rootOperation, rootMissing, errorCount } = trace;
  return (
    <span className="cell-line">
      {errorCount > 0 ? <i className="error-mark" title={plural(errorCount, 'error')} /> : <i className="no-mark" />}
      <ServiceName name={rootService} />
      <To
        target={links.trace(traceId, matchedSpanId ? { span: matchedSpanId } : {})}
        className="strong-link truncate"
        title={visibleText(rootOperation)}
      >
        {visibleText(rootOperation)}
      </To>
      {rootMissing && arriving ? (
        <span className="chip muted" title="The root span is sent when it ends; this is the earliest one so far">
          arriving
        </span>
      ) : rootMissing ? (
        <span className="chip warning-text" title="The root span has not arrived; this is the earliest one">
          root missing
        </span>
      ) : null}
    </span>
  );
}
