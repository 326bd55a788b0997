/** What stands below a chart: a line per series with its last and largest value; and the chart's data as a table. */
import { useMemo } from 'react';
import type { TimeGrid } from '#api/types.ts';
import { ABSENT, formatDateTime } from '../../lib/format.ts';
import { figuresOf } from './figures.ts';
import type { Line } from './lines.ts';

interface LegendProps {
  readonly lines: readonly Line[];
  readonly grid: TimeGrid;
  readonly kind: 'table' | 'inline';
  /** Series that no line is drawn of. */
  readonly undrawn: number;
  readonly partial: boolean;
  readonly hoverIndex: number | undefined;
  readonly soloed: string | undefined;
  readonly onSolo: (label: string | undefined) => void;
}

/** So many lines have a row. */
export const LEGEND_ROWS = 20;

export function Legend({ lines, grid, kind, undrawn, partial, hoverIndex, soloed, onSolo }: LegendProps) {
  const at = hoverIndex === undefined ? undefined : grid.startMs + hoverIndex * grid.stepMs;
  const shown = useMemo(
    () => lines.slice(0, LEGEND_ROWS).map((line) => ({ ...line, ...figuresOf(line.values, line.format, partial) })),
    [lines, partial],
  );
  return (
    <div className={`legend legend-${kind}`}>
      {shown.map(({ label, colour, values, format, last, max }) => {
        const hovered = hoverIndex === undefined ? undefined : values[hoverIndex];
        return (
          <button
            type="button"
            key={label}
            className={soloed && soloed !== label ? 'legend-row off' : 'legend-row'}
            title={`Show ${label} only`}
            onClick={() => onSolo(soloed === label ? undefined : label)}
          >
            <i className="swatch" style={{ background: colour }} />
            <span className="truncate legend-label">{label}</span>
            <b>
              {hoverIndex === undefined ? last : hovered === null || hovered === undefined ? ABSENT : format(hovered)}
            </b>
            <span className="muted legend-max">max {max}</span>
          </button>
        );
      })}
      {lines.length + undrawn > LEGEND_ROWS ? (
        <span className="muted legend-more">
          {lines.length + undrawn - shown.length} more series{undrawn > 0 ? `, ${undrawn} of them not drawn` : ''}
        </span>
      ) : null}
      <span className="muted legend-time">
        {at === undefined ? '' : formatDateTime(at)}
        {partial && hoverIndex === grid.count - 1 ? ' so far' : ''}
      </span>
    </div>
  );
}

interface LineTableProps {
  readonly title: string;
  readonly grid: TimeGrid;
  readonly lines: readonly Line[];
  readonly height: number;
  readonly partial: boolean;
}

/** The same data as a table, newest first. */
export function LineTable({ title, grid, lines, height, partial }: LineTableProps) {
  const rows = Array.from({ length: grid.count }, (_, i) => grid.count - 1 - i);
  return (
    <div className="chart-table" style={{ height }}>
      <table className="table" aria-label={title}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ label }) => (
              <th scope="col" className="right" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td>
                {formatDateTime(grid.startMs + i * grid.stepMs)}
                {partial && i === grid.count - 1 ? ' so far' : ''}
              </td>
              {lines.map(({ label, values, format }) => (
                <td className="right" key={label}>
                  {typeof values[i] === 'number' ? format(values[i]) : ABSENT}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
