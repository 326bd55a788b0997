/** What a line over time is now, as one large figure, with the line small beside it. */
import { visibleText } from '../../lib/foreign-text.ts';
import { ABSENT } from '../../lib/format.ts';
import { type Frame, formatOf, lastValue, numberFields } from '../../lib/frame.ts';
import { Trend } from '../../widgets/trend.tsx';

export interface StatProps {
  readonly label: string;
  /** Buckets of time; the first field of numbers is shown. */
  readonly frame: Frame;
  /** Where there is no line. */
  readonly none?: string;
}

export function Stat({ label, frame, none = ABSENT }: StatProps) {
  const [line] = numberFields(frame);
  if (line === undefined) return <b>{none}</b>;
  const value = lastValue(line.values);
  return (
    <>
      <b>{value === undefined ? none : formatOf(line).format(value)}</b>
      <Trend values={line.values} tone="accent" width={150} height={28} label={visibleText(label)} />
    </>
  );
}
