/** Nothing came: why, in the server's words, and what to do about it. */
import { useAnnounceOnce } from '../../lib/announce.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDateTime } from '../../lib/format.ts';
import type { NoDataReason, PromResult } from '../../lib/prometheus.ts';
import type { Query } from '../../lib/promql/queries.ts';
import { type Repair, repaired } from '../../lib/promql/repair.ts';
import { useScope } from '../../lib/scope.tsx';
import { Icon } from '../../widgets/icons.tsx';
import type { Answered } from './use-answers.ts';

interface NoSeriesProps {
  readonly queries: readonly Query[];
  readonly answered: readonly Answered<PromResult>[];
  /** Asks a query that was put right. */
  readonly onRepair: (repair: Repair) => void;
}

export function NoSeries({ queries, answered, onRepair }: NoSeriesProps) {
  const failed = answered.find(({ error }) => error !== undefined);
  const title = failed ? 'The query was not answered' : 'No data in this range';
  const reasons = answered.flatMap(({ asked, answer }) => (answer?.noData ?? []).map((reason) => ({ asked, reason })));
  useAnnounceOnce(failed?.error?.message ?? [title, ...reasons.map(({ reason }) => reason.text)].join('. '));
  const retryAll = (): void => {
    for (const { retry } of answered) retry();
  };
  return (
    <div className={failed ? 'state state-error' : 'state'}>
      <div className="state-title">
        {failed ? <Icon name="warning" /> : null} {title}
      </div>
      {failed ? (
        <p className="muted">{visibleText(failed.error!.message)}</p>
      ) : reasons.length > 0 ? (
        <ul className="promql-reasons">
          {reasons.map(({ asked, reason }) => (
            <li key={`${asked.query.letter}${reason.start}${reason.text}`}>
              <Reason
                reason={reason}
                repairOf={(suggestion) => repaired(queries, asked.expanded, reason, suggestion)}
                onRepair={onRepair}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p className="muted">
          The expression is right, and no series matches it. Look at the metric’s labels with the table of its name
          alone, or choose a longer range.
        </p>
      )}
      {failed ? (
        <div className="state-actions">
          <button type="button" className="button" onClick={retryAll}>
            <Icon name="refresh" /> Try again
          </button>
        </div>
      ) : null}
    </div>
  );
}

/** As many as are read. */
const SHOWN_SUGGESTIONS = 5;

interface ReasonProps {
  readonly reason: NoDataReason;
  readonly repairOf: (suggestion: string) => Repair | undefined;
  readonly onRepair: (repair: Repair) => void;
}

function Reason({ reason, repairOf, onRepair }: ReasonProps) {
  const { fromMs, toMs, zoomTo } = useScope();
  const { text, suggestions = [], nearestMs } = reason;
  const repairs = suggestions.slice(0, SHOWN_SUGGESTIONS).flatMap((word) => {
    const repair = repairOf(word);
    return repair === undefined ? [] : [{ word, repair }];
  });
  return (
    <>
      <span>{visibleText(text)}</span>
      {repairs.map(({ word, repair }) => (
        <button
          type="button"
          key={word}
          className="button mono"
          title={visibleText(repair.text)}
          onClick={() => onRepair(repair)}
        >
          {visibleText(word)}
        </button>
      ))}
      {nearestMs === undefined ? null : (
        <button
          type="button"
          className="button"
          onClick={() => zoomTo(nearestMs - (toMs - fromMs) / 2, nearestMs + (toMs - fromMs) / 2)}
        >
          Go to {formatDateTime(nearestMs)}
        </button>
      )}
    </>
  );
}
