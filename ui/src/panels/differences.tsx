/** What the chosen spans have more often than the rest, ranked: a bar for each side. */
import type { Difference, DifferencesResponse } from '#api/types.ts';
import type { Params } from '../lib/api.ts';
import { printTerm, valueOfText } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDateTime, formatDuration, formatPercent, plural } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { withCondition, withFilter } from '../lib/query-text.ts';
import { useApi } from '../lib/scope.tsx';
import type { ConsoleSearch } from '../lib/search.ts';
import { rangeToSearch } from '../lib/time-range.ts';
import { Icon } from '../widgets/icons.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';

const SHOWN = 30;

interface DifferencesPanelProps {
  /** All spans that are compared. */
  readonly filter: Params;
}

export function hasSelection({ box, sel }: ConsoleSearch): boolean {
  return box !== undefined || sel !== undefined;
}

/** A box means the spans in it; a filter means requests, whose cause may lie further down in their traces. */
function unitOf({ unit, box }: ConsoleSearch): 'spans' | 'traces' {
  return unit ?? (box === undefined ? 'traces' : 'spans');
}

export function DifferencesPanel({ filter }: DifferencesPanelProps) {
  const { search, update } = usePageSearch();
  const { box, sel } = search;
  const unit = unitOf(search);
  const close = (): void => update({ box: undefined, sel: undefined, unit: undefined });
  useKeys([{ keys: 'Escape', help: 'Close what differs', group: 'Traces', run: close }]);
  const answer = useApi<DifferencesResponse>('/traces/differences', {
    ...filter,
    selQ: sel,
    selFrom: box?.[0],
    selTo: box?.[1],
    selMinDurationNs: box?.[2],
    selMaxDurationNs: box?.[3],
    unit,
    limit: SHOWN,
  });
  const { data, error } = answer;
  return (
    <section className="differences" aria-label="What differs">
      <div className="section-head">
        <h3>What differs</h3>
        <span className="muted truncate">{selectionText(search)}</span>
        <span className="spacer" />
        <Segmented
          label="What is compared"
          value={unit}
          options={[
            ['spans', 'These spans'],
            ['traces', 'Their traces'],
          ]}
          onChange={(value) => update({ unit: value === 'spans' ? 'spans' : 'traces' })}
        />
        <button type="button" className="button" onClick={() => update(narrowed(search))}>
          Narrow to it
        </button>
        <button type="button" className="button icon quiet" aria-label="Close" title="Close ( Esc )" onClick={close}>
          <Icon name="close" size={14} />
        </button>
      </div>
      {error ? (
        <ErrorState error={error} onRetry={answer.retry} />
      ) : !data ? (
        <Loading what="what differs" />
      ) : (
        <div className={answer.stale ? 'stale' : 'fresh'}>
          <p className="muted small">{countedText(data)}</p>
          {data.differences.length > 0 ? (
            <DifferenceTable differences={data.differences} />
          ) : (
            <p>
              {data.selectedCount === 0
                ? 'Nothing is in this selection.'
                : 'It has nothing much more often than the rest.'}
            </p>
          )}
        </div>
      )}
    </section>
  );
}

function selectionText({ box, sel }: ConsoleSearch): string {
  const parts = sel === undefined ? [] : [visibleText(sel)];
  if (box !== undefined) {
    const [fromMs, toMs, minNs, maxNs] = box;
    parts.push(
      `${formatDuration(minNs)} to ${formatDuration(maxNs)}, ${formatDateTime(fromMs)} to ${formatDateTime(toMs).slice(11)}`,
    );
  }
  return parts.join(', ');
}

/** The page's own filter, in place of the selection. */
function narrowed({ box, sel, q }: ConsoleSearch): ConsoleSearch {
  const rest = { box: undefined, sel: undefined, unit: undefined };
  const ofFilter = sel === undefined ? {} : { q: withFilter('traces', q ?? '', sel) ?? q };
  if (box === undefined) return { ...rest, ...ofFilter };
  const [fromMs, toMs, min, max] = box;
  const times = rangeToSearch({ kind: 'absolute', fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) });
  return { ...rest, ...ofFilter, ...times, min: Math.floor(min), max: Math.ceil(max) };
}

function countedText(data: DifferencesResponse): string {
  const what = data.unit === 'spans' ? 'span' : 'trace';
  const part = (lookedAt: number, all: number): string =>
    lookedAt < all ? `a sample of ${formatCount(lookedAt)} of ${formatCount(all)}` : formatCount(all);
  const keys = data.truncated ? `; the ${data.keyCount} most used keys` : `; ${plural(data.keyCount, 'key')}`;
  const selected =
    data.selectedLookedAt < data.selectedCount
      ? `${part(data.selectedLookedAt, data.selectedCount)} ${what}s`
      : plural(data.selectedCount, what);
  return `${selected} beside ${part(data.restLookedAt, data.restCount)} others${keys}`;
}

function DifferenceTable({ differences }: { readonly differences: readonly Difference[] }) {
  return (
    <table className="table difference-table">
      <thead>
        <tr>
          <th>Key</th>
          <th>More often</th>
          <th className="right">Selection</th>
          <th className="right">Rest</th>
          <th aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {differences.map((difference) => (
          <DifferenceRow key={`${difference.of} ${difference.key}`} difference={difference} />
        ))}
      </tbody>
    </table>
  );
}

function DifferenceRow({ difference }: { readonly difference: Difference }) {
  const { search, update } = usePageSearch();
  const { key, of, value, selected, rest, isOutcome, values } = difference;
  const others = values.map(
    (one) => `${visibleText(one.value)}: ${formatPercent(one.selected)} / ${formatPercent(one.rest)}`,
  );
  const note = of === 'event' ? 'event' : of === 'resource' ? 'resource' : isOutcome ? 'outcome' : '';
  const term = termOf(difference);
  return (
    <tr data-key={key}>
      <td title={visibleText(key)}>
        <span className="cell-line">
          <b className="truncate">{visibleText(key)}</b>
          <span className="muted small">{note}</span>
        </span>
      </td>
      <td className="truncate" title={others.join('\n')}>
        {visibleText(value)}
      </td>
      <Share value={selected} isSelection />
      <Share value={rest} />
      <td>
        {term ? (
          <span className="cell-line">
            <button
              type="button"
              className="button quiet small"
              title="Only traces with it"
              onClick={() => update({ q: term.add(search.q ?? '') })}
            >
              Include
            </button>
            <button
              type="button"
              className="button quiet small"
              title={`A line for each ${key}`}
              onClick={() => update({ group: [key] })}
            >
              Group
            </button>
          </span>
        ) : null}
      </td>
    </tr>
  );
}

/** How a filter says it; events can't be asked for. */
function termOf({ key, of, value }: Difference): { readonly add: (q: string) => string } | undefined {
  if (of === 'event' || key === 'status message') return undefined;
  const range = /^([≥<]) (\S+)$/.exec(value);
  if (range === null) return { add: (q) => withCondition('traces', q, key, '=', valueOfText(value)) };
  const term = printTerm(key, range[1] === '≥' ? '>=' : '<', Number(range[2]));
  return { add: (q) => withFilter('traces', q, term) ?? q };
}

function Share({ value, isSelection = false }: { readonly value: number; readonly isSelection?: boolean }) {
  return (
    <td className="right">
      <span className="cell-bar">
        <span className="bar-room">
          <i
            className={isSelection ? 'bar' : 'bar rest'}
            style={{ width: `${Math.min(100, Math.max(0.5, value * 100))}%` }}
          />
        </span>
        <b>{formatPercent(value)}</b>
      </span>
    </td>
  );
}
