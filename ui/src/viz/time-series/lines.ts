/** The lines of a frame over time as they are drawn. */
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, formatOf, type Numbers, numberFields } from '../../lib/frame.ts';
import type { ThemeTokens } from '../../lib/theme.tsx';
import { toneColour } from '../../lib/tone.ts';

/** What one line differs in from what the chart says of all. */
export interface LineLook {
  /** It stands on the second axis, at the right. */
  readonly isRight?: boolean;
  /** Pixels; 0 for none. */
  readonly width?: number;
  readonly dash?: readonly number[];
  readonly fillPercent?: number;
  readonly drawsBars?: boolean;
  /** Points without a line. */
  readonly isPoints?: boolean;
  /** Points on the line. */
  readonly marksPoints?: boolean;
  readonly pointSize?: number;
  readonly steps?: 'before' | 'after';
  readonly spansGaps?: boolean;
}

export type Scale = 'y' | 'right';

export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly values: Numbers;
  /** Its values, where it is drawn on top of others. */
  readonly own?: Numbers;
  /** The area below is tinted: for a line that is alone. */
  readonly isFilled: boolean;
  readonly format: (value: number) => string;
  readonly scale: Scale;
  readonly look: LineLook | undefined;
}

/** `looks`: one per field of numbers, where there are any. */
export function linesOf(frame: Frame, tokens: ThemeTokens, looks: readonly LineLook[] = []): readonly Line[] {
  const fields = numberFields(frame);
  return fields.map((field, series) => ({
    label: visibleText(field.name),
    colour: toneColour(field.tone ?? { series }, tokens),
    values: field.values,
    isFilled: fields.length === 1,
    format: formatOf(field).format,
    scale: looks[series]?.isRight ? 'right' : 'y',
    look: looks[series],
  }));
}
