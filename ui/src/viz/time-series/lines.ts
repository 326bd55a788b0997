/** The lines of a frame over time as they are drawn. */
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, formatOf, type Numbers, numberFields } from '../../lib/frame.ts';
import type { ThemeTokens } from '../../lib/theme.tsx';
import { toneColour } from '../../lib/tone.ts';

export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly values: Numbers;
  /** The area below is tinted: for a line that is alone. */
  readonly isFilled: boolean;
  readonly format: (value: number) => string;
}

export function linesOf(frame: Frame, tokens: ThemeTokens): readonly Line[] {
  const fields = numberFields(frame);
  return fields.map((field, series) => ({
    label: visibleText(field.name),
    colour: toneColour(field.tone ?? { series }, tokens),
    values: field.values,
    isFilled: fields.length === 1,
    format: formatOf(field).format,
  }));
}
