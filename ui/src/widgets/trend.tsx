/** A line without axes for a table cell. Gaps stay gaps; the scale starts at zero. */
import { useMemo } from 'react';
import type { Numbers } from '../lib/frame.ts';

interface TrendProps {
  readonly values: Numbers;
  readonly tone: 'accent' | 'error' | 'muted';
  readonly width?: number;
  readonly height?: number;
  /** Read out instead of the drawing. */
  readonly label: string;
  /** The value at the top edge; the largest one if absent. */
  readonly top?: number;
}

export function Trend({ values, tone, width = 96, height = 20, label, top }: TrendProps) {
  const paths = useMemo(() => trendPaths(values, width, height, top), [values, width, height, top]);
  return (
    <svg className={`spark spark-${tone}`} width={width} height={height} role="img" aria-label={label}>
      <path d={paths.area} className="spark-area" />
      <path d={paths.line} className="spark-line" />
    </svg>
  );
}

/** SVG paths of a series: `line` with a move at each gap, `area` closed to the bottom. */
export function trendPaths(
  values: Numbers,
  width: number,
  height: number,
  top?: number,
): { readonly line: string; readonly area: string } {
  let max = top ?? 0;
  if (top === undefined) for (const value of values) if (value !== null && value > max) max = value;
  const stepX = width / Math.max(1, values.length - 1);
  const bottom = height - 1;
  const y = (value: number): number => round(bottom - (max > 0 ? Math.min(1, value / max) : 0) * (height - 3));
  let line = '';
  let area = '';
  let openX = -1;
  values.forEach((value, i) => {
    const x = round(i * stepX);
    if (value === null) {
      if (openX >= 0) area += `L${round((i - 1) * stepX)} ${bottom}Z`;
      openX = -1;
      return;
    }
    // A lone point between gaps would be invisible as a line: it gets a short dash.
    if (openX < 0) {
      line += `M${round(Math.max(0, x - 0.8))} ${y(value)}L${x + 0.8} ${y(value)}`;
      area += `M${x} ${bottom}L${x} ${y(value)}`;
      openX = x;
    } else {
      line += `L${x} ${y(value)}`;
      area += `L${x} ${y(value)}`;
    }
  });
  if (openX >= 0) area += `L${round((values.length - 1) * stepX)} ${bottom}Z`;
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
