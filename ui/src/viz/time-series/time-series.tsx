/**
 * Lines over time, drawn by uPlot: shared crosshair, dragging zooms the page, gaps stay gaps, the bucket that is still
 * filling is drawn lighter, one legend line per series with its last and largest value, and the same data as a table.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { TimeGrid } from '#api/types.ts';
import { publishCrosshair, subscribeCrosshair } from '../../lib/crosshair.ts';
import { COUNT_FORMAT, formatAxisTime, tickText } from '../../lib/format.ts';
import { type Frame, fieldOf, formatOf, gridOf, isPartial, numberFields } from '../../lib/frame.ts';
import { type ThemeTokens, useTheme } from '../../lib/theme.tsx';
import { timeTicks } from '../../lib/ticks.ts';
import { inTurn } from '../../lib/turns.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { Icon } from '../../widgets/icons.tsx';
import { figuresOf } from './figures.ts';
import { Legend, LineTable } from './legend.tsx';
import { type Line, linesOf } from './lines.ts';

export interface TimeSeriesProps {
  readonly title: string;
  /** Buckets of time, and a line per field of numbers. The first field's unit is that of the axis. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly height?: number;
  /** Offers a logarithmic scale. */
  readonly logOffered?: boolean;
  readonly legend?: 'table' | 'inline';
  readonly note?: React.ReactNode;
  /** Single points over the lines: fields `time`, `value`, and `key`, which a click on one gives to `onMark`. */
  readonly marks?: Frame;
  readonly onMark?: (key: string) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  /** A click on a bucket: opens what is behind it. */
  readonly onPoint?: (fromMs: number, toMs: number) => void;
}

export function TimeSeries(props: TimeSeriesProps) {
  const { title, frame, legend = 'inline', logOffered = false } = props;
  const { tokens } = useTheme();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const lines = useMemo(() => linesOf(frame, tokens), [frame, tokens]);
  const [log, setLog] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const [hoverIndex, setHoverIndex] = useState<number>();
  const [soloed, setSoloed] = useState<string>();
  const partial = isPartial(grid, props.nowMs);
  const shown = useMemo(() => (soloed ? lines.filter(({ label }) => label === soloed) : lines), [lines, soloed]);
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <h3>{title}</h3>
        {props.note ? <span className="muted">{props.note}</span> : null}
        <span className="spacer" />
        {logOffered ? (
          <button
            type="button"
            className={log ? 'chart-tool on' : 'chart-tool'}
            aria-pressed={log}
            onClick={() => setLog(!log)}
          >
            log
          </button>
        ) : null}
        <button
          type="button"
          className={asTable ? 'chart-tool on' : 'chart-tool'}
          aria-pressed={asTable}
          title="Show as a table"
          aria-label={`${title} as a table`}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon name={asTable ? 'chart' : 'table'} size={13} />
        </button>
      </figcaption>
      {asTable ? (
        <LineTable title={title} grid={grid} lines={lines} height={props.height ?? 160} partial={partial} />
      ) : (
        <Plot {...props} grid={grid} lines={shown} log={log} onHover={setHoverIndex} />
      )}
      <Legend
        lines={lines}
        grid={grid}
        kind={legend}
        partial={partial}
        hoverIndex={hoverIndex}
        soloed={soloed}
        onSolo={setSoloed}
      />
    </figure>
  );
}

interface PlotProps extends TimeSeriesProps {
  readonly grid: TimeGrid;
  readonly lines: readonly Line[];
  readonly log: boolean;
  readonly onHover: (index: number | undefined) => void;
}

function Plot(props: PlotProps) {
  const { grid, lines, height = 160, log, fromMs, toMs, nowMs } = props;
  const marks = useMemo(() => marksOf(props.marks), [props.marks]);
  const { tokens } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ ...props, marks });
  latest.current = { ...props, marks };
  const { width } = useSize(box);
  const latestWidth = useRef(width);
  latestWidth.current = width;
  const ready = width > 0;
  // Another shape of chart needs another uPlot; new values only need setData.
  const shape = lines.map(({ label, colour }) => `${label} ${colour}`).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the lines; values go through setData
  useLayoutEffect(() => {
    if (!box.current || !ready) return;
    let unsubscribe = (): void => undefined;
    // A page of many charts gets one after the other.
    const takeBack = inTurn(() => {
      const chart = new uPlot(
        chartOptions({ latest, tokens, log, width: latestWidth.current, height }),
        [[]],
        box.current!,
      );
      plot.current = chart;
      unsubscribe = followCrosshair(chart);
      fillChart(chart, latest.current);
    });
    return () => {
      takeBack();
      unsubscribe();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, tokens, log, ready, height]);

  useLayoutEffect(() => plot.current?.setSize({ width, height }), [width, height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is in `latest`
  useEffect(() => {
    if (plot.current) fillChart(plot.current, latest.current);
  }, [grid, lines, fromMs, toMs, nowMs, marks]);

  return (
    <div
      className="chart-plot"
      ref={box}
      style={{ height }}
      role="img"
      aria-label={`${props.title}: ${lines.map(({ label, values, format }) => `${label} ${figuresOf(values, format, isPartial(grid, nowMs)).last}`).join(', ')}`}
    />
  );
}

function fillChart(chart: uPlot, { grid, lines, log, fromMs, toMs, nowMs, marks }: LatestProps): void {
  chart.batch(() => {
    chart.setData(chartData(grid, lines, nowMs), false);
    chart.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
    chart.setScale('y', valueRange(lines, log, marks));
  });
}

/** Columns for uPlot: bucket starts, then per series the complete buckets and, apart, the step into a partial last one. */
function chartData(grid: TimeGrid, lines: readonly Line[], nowMs: number): uPlot.AlignedData {
  const times = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) times[i] = (grid.startMs + i * grid.stepMs) / 1000;
  const partial = isPartial(grid, nowMs);
  const columns: (number | null)[][] = [];
  for (const { values } of lines) {
    const last = values.length - 1;
    columns.push(partial ? values.map((value, i) => (i === last ? null : value)) : [...values]);
    columns.push(values.map((value, i) => (partial && i >= last - 1 ? value : null)));
  }
  return [times, ...columns] as unknown as uPlot.AlignedData;
}

/** From zero to just above the largest value; for a log scale from the smallest positive one. */
function valueRange(lines: readonly Line[], log: boolean, marks: readonly Mark[]): { min: number; max: number } {
  let max = 0;
  let least = Number.POSITIVE_INFINITY;
  let min = 0;
  const visit = (value: number): void => {
    if (value > max) max = value;
    if (value < min) min = value;
    if (value > 0 && value < least) least = value;
  };
  for (const { values } of lines) for (const value of values) if (value !== null) visit(value);
  if (max > 0) for (const { value } of marks) if (value <= max * 4) visit(value);
  if (log) return { min: Number.isFinite(least) ? least / 1.5 : 1, max: max > 0 ? max * 1.5 : 10 };
  return { min: min < 0 ? min * 1.08 : 0, max: max > 0 ? max * 1.08 : 1 };
}

const TICK_PX = 84;
const TICK_STEPS = {
  binary: Array.from({ length: 60 }, (_, i) => 2 ** i),
  whole: Array.from({ length: 15 }, (_, i) => 10 ** i).flatMap((one) => [one, 2 * one, 5 * one]),
} as const satisfies Record<string, readonly number[]>;

interface LatestProps extends Omit<PlotProps, 'marks'> {
  readonly marks: readonly Mark[];
}

interface OptionsInput {
  readonly latest: React.RefObject<LatestProps>;
  readonly tokens: ThemeTokens;
  readonly log: boolean;
  readonly width: number;
  readonly height: number;
}

function chartOptions({ latest, tokens, log, width, height }: OptionsInput): uPlot.Options {
  const { lines, frame } = latest.current;
  const [first] = numberFields(frame);
  const { tick: writeTick, steps } = first ? formatOf(first) : COUNT_FORMAT;
  const font = `11px ${tokens.font}`;
  const axis = { stroke: tokens.muted, font, ticks: { show: false }, grid: { stroke: tokens.line, width: 1 } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [6, 12, 0, 0],
    scales: {
      x: { time: true, auto: false },
      y: { auto: false, distr: log ? 3 : 1 },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        // uPlot's own marks take a day for 24 hours.
        splits: (chart, _axis, min, max) =>
          timeTicks(min * 1000, max * 1000, Math.max(2, chart.bbox.width / uPlot.pxRatio / TICK_PX)).map(
            (at) => at / 1000,
          ),
        values: (chart, ticks) =>
          ticks.map((tick) =>
            formatAxisTime(tick * 1000, ((chart.scales.x?.max ?? 1) - (chart.scales.x?.min ?? 0)) * 1000),
          ),
      },
      {
        ...axis,
        size: 56,
        gap: 8,
        space: 32,
        ...(steps ? { incrs: TICK_STEPS[steps] } : {}),
        values: (_chart, ticks) => ticks.map((tick) => (tick === null ? '' : tickText(writeTick(tick)))),
      },
    ],
    series: [{}, ...lines.flatMap(seriesOptions)],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
    },
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, 'x') * 1000;
          const to = chart.posToVal(chart.select.left + chart.select.width, 'x') * 1000;
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom(from, to);
        },
      ],
      setCursor: [
        (chart) => {
          latest.current.onHover(chart.cursor.idx ?? undefined);
          // Only the chart under the pointer tells the others; a cursor set from outside has no event.
          if (chart.cursor.event)
            publishCrosshair(
              (chart.cursor.left ?? -1) >= 0 ? chart.posToVal(chart.cursor.left!, 'x') * 1000 : undefined,
              chart,
            );
        },
      ],
      draw: [(chart) => drawMarks(chart, latest.current.marks, tokens)],
      ready: [(chart) => listenForClicks(chart, latest)],
    },
  };
}

function seriesOptions(line: Line): uPlot.Series[] {
  const base: uPlot.Series = {
    label: line.label,
    stroke: line.colour,
    width: 1.5,
    points: { show: false },
  };
  const fill = line.isFilled ? { fill: `color-mix(in srgb, ${line.colour} 16%, transparent)` } : {};
  return [
    { ...base, ...fill, points: { show: (chart, index) => isSparse(chart.data[index]), size: 4 } },
    { ...base, alpha: 0.45, dash: [3, 3] },
  ];
}

/** Single points between gaps draw no line; with few values each gets a dot. */
function isSparse(column: ArrayLike<number | null | undefined> | undefined): boolean {
  if (!column) return false;
  let present = 0;
  for (let i = 0; i < column.length; i++) if (column[i] !== null && column[i] !== undefined) present++;
  return present > 0 && present <= 3;
}

function followCrosshair(chart: uPlot): () => void {
  return subscribeCrosshair((timeMs, source) => {
    if (source === chart) return;
    const left = timeMs === undefined ? -10 : chart.valToPos(timeMs / 1000, 'x');
    chart.setCursor({ left, top: timeMs === undefined ? -10 : 1 }, true);
  });
}

interface Mark {
  readonly timeMs: number;
  readonly value: number;
  readonly key: string;
}

function marksOf(frame: Frame | undefined): readonly Mark[] {
  if (frame === undefined) return [];
  const times = fieldOf(frame, 'time', 'time').values;
  const values = fieldOf(frame, 'value', 'number').values;
  const keys = fieldOf(frame, 'key', 'text').values;
  return times.map((timeMs, row) => ({ timeMs, value: values[row] ?? 0, key: keys[row]! }));
}

const MARK_PX = 4;
const CLICK_PX = 4;

function drawMarks(chart: uPlot, marks: readonly Mark[], tokens: ThemeTokens): void {
  const { ctx } = chart;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = tokens.background;
  ctx.strokeStyle = tokens.text;
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([]);
  for (const mark of marks) {
    const x = chart.valToPos(mark.timeMs / 1000, 'x', true);
    const y = Math.max(chart.bbox.top, chart.valToPos(mark.value, 'y', true));
    if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
    ctx.beginPath();
    ctx.rect(x - (MARK_PX * ratio) / 2, y - (MARK_PX * ratio) / 2, MARK_PX * ratio, MARK_PX * ratio);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function listenForClicks(chart: uPlot, latest: React.RefObject<LatestProps>): void {
  const near = (event: MouseEvent): Mark | undefined => {
    const rect = chart.over.getBoundingClientRect();
    const x = event.clientX - rect.left;
    const y = event.clientY - rect.top;
    return latest.current.marks.find(
      ({ timeMs, value }) =>
        Math.hypot(chart.valToPos(timeMs / 1000, 'x') - x, Math.max(0, chart.valToPos(value, 'y')) - y) < 8,
    );
  };
  let downX = 0;
  const isDrag = (event: MouseEvent): boolean => Math.abs(event.clientX - downX) >= CLICK_PX;
  chart.over.addEventListener('mousedown', (event) => {
    downX = event.clientX;
  });
  chart.over.addEventListener('mousemove', (event) => {
    chart.over.style.cursor = near(event) || latest.current.onPoint ? 'pointer' : '';
  });
  chart.over.addEventListener('click', (event) => {
    const mark = near(event);
    if (mark) {
      latest.current.onMark?.(mark.key);
      return;
    }
    const { grid, onPoint } = latest.current;
    const bucket = chart.cursor.idx;
    if (onPoint === undefined || typeof bucket !== 'number' || isDrag(event)) return;
    const fromMs = grid.startMs + bucket * grid.stepMs;
    onPoint(fromMs, fromMs + grid.stepMs);
  });
}
