/** Things by how often they were called: a bar for the count with the failed part red, the rate, and the share that failed. */
import type { ReactNode } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatPercent } from '../../lib/format.ts';
import { type Frame, fieldIfAny, fieldOf, textAt } from '../../lib/frame.ts';

export interface RankingProps {
  readonly label: string;
  /** Fields `key`, `name`, `count`, `errors` and `rate`; and where there are: `note` (a number beside the rate) and `about` (shown at the pointer). */
  readonly frame: Frame;
  /** Draws a row's name, such as a link. Absent: the name as text. */
  readonly nameOf?: (row: number) => ReactNode;
}

export function Ranking({ label, frame, nameOf }: RankingProps) {
  const counts = fieldOf(frame, 'count', 'number').values;
  const errors = fieldOf(frame, 'errors', 'number').values;
  const names = fieldOf(frame, 'name', 'text').values;
  const abouts = fieldIfAny(frame, 'about', 'text')?.values;
  const hasNote = fieldIfAny(frame, 'note', 'number') !== undefined;
  const most = counts.reduce<number>((largest, count) => Math.max(largest, count ?? 0), 1);
  return (
    <ul className="ranking" aria-label={visibleText(label)}>
      {fieldOf(frame, 'key', 'text').values.map((key, row) => {
        const count = counts[row] ?? 0;
        const failed = errors[row] ?? 0;
        return (
          <li key={key} title={abouts && visibleText(abouts[row]!)}>
            {nameOf?.(row) ?? <span className="truncate ranking-name">{visibleText(names[row]!)}</span>}
            <span className="bar-room">
              <i className="bar" style={{ width: `${(count / most) * 100}%` }}>
                {failed > 0 ? (
                  <i className="bar error" style={{ width: `${Math.max(3, (failed / count) * 100)}%` }} />
                ) : null}
              </i>
            </span>
            <span className="ranking-rate">
              {textAt(frame, 'rate', row)}
              {hasNote ? <span className="muted small"> {textAt(frame, 'note', row)}</span> : null}
            </span>
            <span className={failed > 0 ? 'error-text ranking-errors' : 'muted ranking-errors'}>
              {formatPercent(failed / Math.max(1, count))}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
