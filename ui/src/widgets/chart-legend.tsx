/** What stands below a chart: a line per series with its last and largest value; and the chart's data as a table. */
import type { TimeGrid } from '#api/types.ts';
import { ABSENT, formatDateTime } from '../lib/format.ts';

export interface ChartSeries {
  readonly label: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly fill?: boolean;
}

/** The last bucket of the grid reaches past now. */
export function isPartial(grid: TimeGrid, nowMs: number): boolean {
  return grid.startMs + grid.count * grid.stepMs > nowMs;
}

/** The last value of a full bucket; the one still filling would show a drop that is none. */
export function lastText(
  values: readonly (number | null)[],
  format: (value: number) => string,
  partial: boolean,
): string {
  const full = partial && values.length > 1 ? values.slice(0, -1) : values;
  const last = full.findLast((value) => value !== null);
  return last === undefined || last === null ? ABSENT : format(last);
}

interface LegendProps {
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly grid: TimeGrid;
  readonly kind: 'table' | 'inline';
  readonly partial: boolean;
  readonly hoverIndex: number | undefined;
  readonly soloed: string | undefined;
  readonly onSolo: (label: string | undefined) => void;
}

const LEGEND_ROWS = 20;

export function ChartLegend({ series, format, grid, kind, partial, hoverIndex, soloed, onSolo }: LegendProps) {
  const at = hoverIndex === undefined ? undefined : grid.startMs + hoverIndex * grid.stepMs;
  const shown = series.slice(0, LEGEND_ROWS);
  return (
    <div className={`legend legend-${kind}`}>
      {shown.map(({ label, colour, values, dash }) => {
        const max = Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY));
        const hovered = hoverIndex === undefined ? undefined : values[hoverIndex];
        return (
          <button
            type="button"
            key={label}
            className={soloed && soloed !== label ? 'legend-row off' : 'legend-row'}
            title={`Show ${label} only`}
            onClick={() => onSolo(soloed === label ? undefined : label)}
          >
            <i className={dash ? 'swatch dashed' : 'swatch'} style={{ background: colour }} />
            <span className="truncate legend-label">{label}</span>
            <b>
              {hoverIndex === undefined
                ? lastText(values, format, partial)
                : hovered === null || hovered === undefined
                  ? ABSENT
                  : format(hovered)}
            </b>
            <span className="muted legend-max">max {Number.isFinite(max) ? format(max) : ABSENT}</span>
          </button>
        );
      })}
      {series.length > LEGEND_ROWS ? (
        <span className="muted legend-more">{series.length - LEGEND_ROWS} more series</span>
      ) : null}
      <span className="muted legend-time">{at === undefined ? '' : formatDateTime(at)}</span>
    </div>
  );
}

interface ChartTableProps {
  readonly title: string;
  readonly grid: TimeGrid;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly height: number;
}

/** The same data as a table, newest first. */
export function ChartTable({ title, grid, series, format, height }: ChartTableProps) {
  const rows = Array.from({ length: grid.count }, (_, i) => grid.count - 1 - i);
  return (
    <div className="chart-table" style={{ height }}>
      <table className="table" aria-label={title}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ label }) => (
              <th scope="col" className="right" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td>{formatDateTime(grid.startMs + i * grid.stepMs)}</td>
              {series.map(({ label, values }) => (
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
