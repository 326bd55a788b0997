/** What stands below a chart: a line per series with its last and largest value; and the chart's data as a table. */
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { TimeGrid } from '#api/types.ts';
import { ABSENT, formatDateTime } from '../../lib/format.ts';
import { figuresOf } from './figures.ts';
import type { Line } from './lines.ts';

interface LegendProps {
  readonly lines: readonly Line[];
  readonly grid: TimeGrid;
  /** `folded`: two lines, and how many series there are besides, which a button shows. */
  readonly kind: LegendKind;
  /** Of the chart above, which a folded legend lies over when all of it is shown. */
  readonly height: number;
  /** Series that no line is drawn of. */
  readonly undrawn: number;
  readonly partial: boolean;
  readonly hoverIndex: number | undefined;
  readonly soloed: string | undefined;
  readonly onSolo: (label: string | undefined) => void;
}

export type LegendKind = 'table' | 'inline' | 'folded';

/** So many lines have a row. */
export const LEGEND_ROWS = 20;

export function Legend(props: LegendProps) {
  const { lines, grid, kind, undrawn, partial, hoverIndex } = props;
  const shown = useMemo(
    () => lines.slice(0, LEGEND_ROWS).map((line) => ({ ...line, ...figuresOf(line.values, line.format, partial) })),
    [lines, partial],
  );
  const at = hoverIndex === undefined ? undefined : grid.startMs + hoverIndex * grid.stepMs;
  const more = lines.length + undrawn - shown.length;
  const moreText =
    more > 0 ? (
      <span className="muted legend-more">
        {more} more series{undrawn > 0 ? `, ${undrawn} of them not drawn` : ''}
      </span>
    ) : null;
  if (kind === 'folded') return <Folded {...props} shown={shown} more={more} moreText={moreText} />;
  return (
    <div className={`legend legend-${kind}`}>
      <Rows {...props} shown={shown} />
      {moreText}
      <span className="muted legend-time">
        {at === undefined ? '' : formatDateTime(at)}
        {partial && hoverIndex === grid.count - 1 ? ' so far' : ''}
      </span>
    </div>
  );
}

interface RowsProps extends Pick<LegendProps, 'hoverIndex' | 'soloed' | 'onSolo'> {
  readonly shown: readonly (Line & ReturnType<typeof figuresOf>)[];
  /** Those from there on are out of sight. */
  readonly visible?: number;
}

function Rows({ shown, visible = shown.length, hoverIndex, soloed, onSolo }: RowsProps) {
  return shown.map(({ label, colour, values, format, last, max }, i) => {
    const hovered = hoverIndex === undefined ? undefined : values[hoverIndex];
    return (
      <button
        type="button"
        key={label}
        className={`legend-row${soloed && soloed !== label ? ' off' : ''}${i < visible ? '' : ' folded'}`}
        title={`Show ${label} only`}
        onClick={() => onSolo(soloed === label ? undefined : label)}
      >
        <i className="swatch" style={{ background: colour }} />
        <span className="truncate legend-label">{label}</span>
        <b>{hoverIndex === undefined ? last : hovered === null || hovered === undefined ? ABSENT : format(hovered)}</b>
        <span className="muted legend-max">max {max}</span>
      </button>
    );
  });
}

interface FoldedProps extends LegendProps {
  readonly shown: RowsProps['shown'];
  readonly more: number;
  readonly moreText: React.ReactNode;
}

/** The time under the pointer is told by the tip beside it. */
function Folded({ more, moreText, height, ...props }: FoldedProps) {
  const { shown } = props;
  const rows = useRef<HTMLDivElement>(null);
  const [visible, setVisible] = useState(shown.length);
  const [isOpen, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows wrap otherwise
  useLayoutEffect(() => {
    const all = rows.current!;
    // It is told once of what it begins to observe: after the layout, which nothing has to wait for.
    const observer = new ResizeObserver(() => {
      const end = all.getBoundingClientRect().top + all.parentElement!.clientHeight;
      const fitting = [...all.children].findIndex((row) => row.getBoundingClientRect().bottom > end + 1);
      setVisible(fitting < 0 ? shown.length : fitting);
    });
    observer.observe(all);
    return () => observer.disconnect();
  }, [shown]);
  const folded = Math.max(0, shown.length - visible) + more;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: watches the keys of what is inside
    <div
      className="legend-fold"
      onKeyDown={(event) => {
        if (!isOpen || event.key !== 'Escape') return;
        event.nativeEvent.stopImmediatePropagation();
        setOpen(false);
      }}
    >
      <div className="legend-folded">
        <div className="legend" ref={rows}>
          <Rows {...props} visible={visible} />
        </div>
      </div>
      {folded > 0 ? (
        <button
          type="button"
          className="legend-rest"
          aria-expanded={isOpen}
          title={isOpen ? 'Show two lines of the legend' : `Show all ${shown.length + more} series`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'less' : `+${folded}`}
        </button>
      ) : null}
      {isOpen && folded > 0 ? (
        <div className="legend-all" style={{ maxHeight: height }}>
          <div className="legend legend-table">
            <Rows {...props} />
            {moreText}
          </div>
        </div>
      ) : null}
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
