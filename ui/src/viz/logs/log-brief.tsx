/** A few log records, a line each: level, time and message. */
import { printAttribute } from '../../lib/attribute-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatClock } from '../../lib/format.ts';
import { type Frame, fieldOf } from '../../lib/frame.ts';
import { severityColour } from '../../lib/severity.ts';
import { useTheme } from '../../lib/theme.tsx';

interface LogBriefProps {
  /** The fields of `logFrame`. */
  readonly frame: Frame;
  /** Those that are shown. */
  readonly rows: readonly number[];
}

export function LogBrief({ frame, rows }: LogBriefProps) {
  const { tokens } = useTheme();
  const ids = fieldOf(frame, 'id', 'text').values;
  const times = fieldOf(frame, 'time', 'time').values;
  const severities = fieldOf(frame, 'severity', 'number').values;
  const bodies = fieldOf(frame, 'body', 'value').values;
  return (
    <ul className="detail-logs">
      {rows.map((row) => (
        <li key={ids[row]}>
          <i className="level-band" style={{ background: severityColour(severities[row] ?? 0, tokens) }} />
          <span className="muted">{formatClock(times[row]!, true)}</span>
          <span className="mono">{visibleText(printAttribute(bodies[row]!))}</span>
        </li>
      ))}
    </ul>
  );
}
