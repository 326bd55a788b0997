/** Counts by time and bucket: where the values lie, and how that changes. The stronger the colour, the more values. */
import { useCallback, useMemo, useState } from 'react';
import { formatClock, tickText } from '../../lib/format.ts';
import { bucketOf, type Frame, fieldOf, formatOf, gridOf, type NumberField, numberFields } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
import { labelledRows } from '../../lib/ticks.ts';
import type { Draw } from '../../widgets/canvas.tsx';
import {
  dragTimes,
  drawTimeAxis,
  drawValueTick,
  PLOT_BOTTOM,
  PLOT_LEFT,
  PLOT_RIGHT,
  PLOT_TOP,
  TimePlot,
} from '../../widgets/time-plot.tsx';
import { Tip } from '../../widgets/tip.tsx';

export interface HeatmapProps {
  readonly label: string;
  /** Buckets of time, and a field per bucket of values, from the smallest to the largest, named by its upper bound. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly height?: number;
  /** The upper bound of each field; with it single points are placed. */
  readonly bounds?: readonly number[];
  /** Single points over the buckets: fields `time`, `value`, and `key`, which a click on one gives to `onMark`. */
  readonly marks?: Frame;
  readonly onMark?: (key: string) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  /** With `bounds`: a dragged box gives times and values in place of times alone. */
  readonly onBox?: (box: HeatmapBox) => void;
  /** What is marked, of times and values. */
  readonly box?: HeatmapBox | undefined;
  /** A click on a bucket of time: opens what is behind it. */
  readonly onPoint?: (fromMs: number, toMs: number) => void;
}

/** `[lower, upper)` of values. */
export interface HeatmapBox {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lower: number;
  readonly upper: number;
}

interface Mark {
  readonly timeMs: number;
  /** Rows of buckets from the bottom. */
  readonly row: number;
  readonly key: string;
}

const MARK_PX = 4;
const NEAR_PX = 8;

const MIN_ALPHA = 0.12;
const LABEL_SPACE_PX = 22;

export function Heatmap(props: HeatmapProps) {
  const { label, frame, fromMs, toMs, height = 320, bounds, marks, onMark, onZoom, onPoint, onBox, box } = props;
  const { tokens } = useTheme();
  const [hover, setHover] = useState<{ x: number; timeMs: number; row: number }>();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const fields = useMemo(() => numberFields(frame), [frame]);
  const rows = useMemo(() => trimEmpty(fields), [fields]);
  const points = useMemo(() => marksOf(marks, bounds, fields.indexOf(rows[0]!)), [marks, bounds, fields, rows]);
  const firstRow = fields.indexOf(rows[0]!);
  const rowHeight = (height - PLOT_TOP - PLOT_BOTTOM) / Math.max(1, rows.length);

  const draw = useCallback<Draw>(
    (context, size) => {
      drawTimeAxis(context, size, fromMs, toMs, tokens);
      const plotWidth = size.width - PLOT_LEFT - PLOT_RIGHT;
      const perMs = plotWidth / (toMs - fromMs);
      const most = Math.max(1, ...rows.map(({ values }) => largest(values)));
      const labelled = labelledRows(
        bounds?.slice(firstRow, firstRow + rows.length),
        rows.length,
        Math.ceil(LABEL_SPACE_PX / rowHeight),
      );
      rows.forEach(({ name, values }, row) => {
        const top = size.height - PLOT_BOTTOM - (row + 1) * rowHeight;
        if (labelled.has(row)) drawValueTick(context, size.width, top, tickText(name), tokens);
        context.fillStyle = tokens.accent;
        values.forEach((count, i) => {
          if (!count) return;
          const startMs = grid.startMs + i * grid.stepMs;
          const x0 = Math.max(PLOT_LEFT, PLOT_LEFT + (startMs - fromMs) * perMs);
          const x1 = Math.min(PLOT_LEFT + plotWidth, PLOT_LEFT + (startMs + grid.stepMs - fromMs) * perMs);
          if (x1 <= x0) return;
          // Logarithmic: a handful of slow requests must be seen beside thousands of fast ones.
          context.globalAlpha = MIN_ALPHA + (1 - MIN_ALPHA) * (Math.log1p(count) / Math.log1p(most));
          context.fillRect(x0, top + 0.5, Math.max(1, x1 - x0), Math.max(1, rowHeight - 1));
        });
        context.globalAlpha = 1;
      });
      context.fillStyle = tokens.background;
      context.strokeStyle = tokens.text;
      context.lineWidth = 1.5;
      for (const { timeMs, row } of points) {
        const x = PLOT_LEFT + (timeMs - fromMs) * perMs;
        const y = Math.max(PLOT_TOP, size.height - PLOT_BOTTOM - row * rowHeight);
        if (x < PLOT_LEFT || x > PLOT_LEFT + plotWidth || y > size.height - PLOT_BOTTOM) continue;
        context.beginPath();
        context.rect(x - MARK_PX / 2, y - MARK_PX / 2, MARK_PX, MARK_PX);
        context.fill();
        context.stroke();
      }
    },
    [rows, grid, fromMs, toMs, tokens, rowHeight, points, bounds, firstRow],
  );
  const rowAt = (y: number): number =>
    Math.min(rows.length - 1, Math.max(0, Math.floor((height - PLOT_BOTTOM - y) / rowHeight)));
  const place = box && bounds ? boxPlace(box, { fromMs, toMs, bounds, firstRow, rowHeight, height }) : undefined;
  const markNear = (x: number, y: number, width: number): Mark | undefined => {
    const perMs = (width - PLOT_LEFT - PLOT_RIGHT) / (toMs - fromMs);
    return points.find(
      ({ timeMs, row }) =>
        Math.hypot(
          PLOT_LEFT + (timeMs - fromMs) * perMs - x,
          Math.max(PLOT_TOP, height - PLOT_BOTTOM - row * rowHeight) - y,
        ) < NEAR_PX,
    );
  };

  const hovered = hover ? rows[hover.row] : undefined;
  const bucket = bucketOf(grid, hover?.timeMs);
  return (
    <TimePlot
      label={label}
      height={height}
      fromMs={fromMs}
      toMs={toMs}
      draw={draw}
      drag={onBox ? 'box' : 'time'}
      onDrag={(dragged, size) => {
        const times = dragTimes(dragged, size.width, fromMs, toMs);
        if (onBox === undefined || bounds === undefined) return onZoom(...times);
        const [bottom, top] = [rowAt(dragged.y1) + firstRow, rowAt(dragged.y0) + firstRow];
        onBox({
          fromMs: times[0],
          toMs: times[1],
          lower: bounds[bottom - 1] ?? 0,
          upper: bounds[top] ?? Number.MAX_SAFE_INTEGER,
        });
      }}
      onClick={(x, y, width) => {
        const mark = markNear(x, y, width);
        if (mark !== undefined && onMark !== undefined) return onMark(mark.key);
        if (bucket === undefined) return;
        const startMs = grid.startMs + bucket * grid.stepMs;
        onPoint?.(startMs, startMs + grid.stepMs);
      }}
      onHover={(x, y, timeMs) => {
        const row = Math.floor((height - PLOT_BOTTOM - y) / rowHeight);
        setHover(row >= 0 && row < rows.length ? { x, timeMs, row } : undefined);
      }}
      onLeave={() => setHover(undefined)}
    >
      {place ? <div className="marked-box" style={place} /> : null}
      {hover && hovered && bucket !== undefined ? (
        <Tip x={hover.x}>
          <div className="muted">{formatClock(grid.startMs + bucket * grid.stepMs)}</div>
          <div className="tip-row">
            {rows[hover.row - 1] ? `${rows[hover.row - 1]!.name} to ` : 'up to '}
            {hovered.name}
            <b>{formatOf(hovered).format(hovered.values[bucket] ?? 0)}</b>
          </div>
        </Tip>
      ) : null}
    </TimePlot>
  );
}

interface BoxRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bounds: readonly number[];
  readonly firstRow: number;
  readonly rowHeight: number;
  readonly height: number;
}

/** Where a box stands over the rows that it covers; undefined where it lies outside. */
function boxPlace(box: HeatmapBox, range: BoxRange): React.CSSProperties | undefined {
  const share = (ms: number): number => Math.min(1, Math.max(0, (ms - range.fromMs) / (range.toMs - range.fromMs)));
  const [left, right] = [share(box.fromMs), share(box.toMs)];
  const rowOf = (value: number): number => range.bounds.filter((bound) => bound <= value).length - range.firstRow;
  const [bottom, top] = [Math.max(0, rowOf(box.lower)), Math.max(0, rowOf(box.upper * 0.999_999) + 1)];
  if (right <= left || top <= bottom) return undefined;
  const width = `(100% - ${PLOT_LEFT + PLOT_RIGHT}px)`;
  return {
    left: `calc(${PLOT_LEFT}px + ${width} * ${left})`,
    width: `calc(${width} * ${right - left})`,
    bottom: PLOT_BOTTOM + bottom * range.rowHeight,
    top: Math.max(PLOT_TOP, range.height - PLOT_BOTTOM - top * range.rowHeight),
  };
}

/** Leaves out the rows without any value at both ends. */
function trimEmpty(rows: readonly NumberField[]): readonly NumberField[] {
  const filled = rows.map(({ values }) => largest(values) > 0);
  const first = filled.indexOf(true);
  return first < 0 ? rows : rows.slice(first, filled.lastIndexOf(true) + 1);
}

function largest(values: NumberField['values']): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/** Where points stand between the buckets' bounds; `first` is the lowest bucket that is drawn. Those outside of all are left out. */
function marksOf(frame: Frame | undefined, bounds: readonly number[] | undefined, first: number): readonly Mark[] {
  if (frame === undefined || bounds === undefined || bounds.length === 0) return [];
  const times = fieldOf(frame, 'time', 'time').values;
  const values = fieldOf(frame, 'value', 'number').values;
  const keys = fieldOf(frame, 'key', 'text').values;
  return times.flatMap((timeMs, i) => {
    const value = values[i];
    if (value === null || value === undefined) return [];
    const bucket = bounds.findIndex((bound) => value <= bound);
    if (bucket < 0) return [];
    const lower = bounds[bucket - 1] ?? 0;
    const upper = bounds[bucket]!;
    const share = Number.isFinite(upper) && upper > lower ? (value - lower) / (upper - lower) : 0.5;
    return [{ timeMs, row: bucket - first + share, key: keys[i]! }];
  });
}
