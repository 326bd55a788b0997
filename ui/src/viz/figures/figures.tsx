/** The figures of one row of a frame, side by side: each with its name, its value as its unit is written, and a note. */
import type { ReactNode } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, textAt } from '../../lib/frame.ts';

export interface Figure {
  /** The frame's field. */
  readonly id: string;
  /** Absent: the field's name. */
  readonly header?: string;
  readonly note?: string;
  /** Drawn in place of the value's text. */
  readonly cell?: ReactNode;
}

export interface FiguresProps {
  readonly frame: Frame;
  readonly row?: number;
  /** Absent: all fields of the frame. */
  readonly figures?: readonly Figure[];
  /** Names beside the values in one line, or above them in columns. */
  readonly kind?: 'line' | 'columns';
}

export function Figures({ frame, row = 0, figures, kind = 'line' }: FiguresProps) {
  if (row >= frame.length) return null;
  const shown = figures ?? frame.fields.map(({ name }): Figure => ({ id: name }));
  return (
    <dl className={kind === 'line' ? 'figure-line' : 'figures'}>
      {shown.map(({ id, header, note, cell }) => (
        <div key={id}>
          <dt>{visibleText(header ?? id)}</dt>
          <dd>
            {cell ?? visibleText(textAt(frame, id, row))}
            {note === undefined ? null : <span className="muted small"> {note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
