/**
 * Lines over time, drawn by uPlot: shared crosshair, dragging zooms the page, gaps stay gaps, the bucket that is still
 * filling is drawn lighter, one legend line per series with its last and largest value, and the same data as a table.
 */
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { TimeGrid } from '#api/types.ts';
import { publishCrosshair, subscribeCrosshair } from '../../lib/crosshair.ts';
import { COUNT_FORMAT, formatAxisTime, tickText } from '../../lib/format.ts';
import { type Frame, formatOf, gridOf, isPartial, type NumberField, numberFields } from '../../lib/frame.ts';
import { type ThemeTokens, useTheme } from '../../lib/theme.tsx';
import { timeTicks } from '../../lib/ticks.ts';
import { inTurn } from '../../lib/turns.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { Icon } from '../../widgets/icons.tsx';
import { figuresOf } from './figures.ts';
import { LEGEND_ROWS, Legend, type LegendKind, LineTable } from './legend.tsx';
import { type Line, type LineLook, linesOf, type Scale } from './lines.ts';
import {
  type ChartEvent,
  drawEvents,
  drawLevels,
  drawMarks,
  eventsOf,
  listenForClicks,
  type Mark,
  marksOf,
} from './overlays.ts';
import { type Pointed, PointTip, pointedAt } from './point-tip.tsx';

const USUAL_PX = 160;
const AXIS_PX = 56;
/** Of a character of an axis' font. */
const CHARACTER_PX = 6;

/** Room for the longest mark of the axis. */
function axisSize(texts: readonly string[] | null): number {
  const longest = Math.max(0, ...(texts ?? []).map((text) => text.length));
  return Math.max(AXIS_PX, longest * CHARACTER_PX + 14);
}

/** What a dashboard's file says of the drawing. */
export interface ChartLook {
  /** Of the area below a line, 0 to 100; undefined for the usual. */
  readonly fillPercent?: number | undefined;
  readonly drawsBars?: boolean | undefined;
  /** Lines stand on each other. */
  readonly isStacked?: boolean | undefined;
  /** Ends of the axis that don't follow the data. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The axis reaches at least so far. */
  readonly softMin?: number | undefined;
  readonly softMax?: number | undefined;
  /** Of the second axis, at the right. */
  readonly rightMin?: number | undefined;
  readonly rightMax?: number | undefined;
  /** Single points are on the second axis. */
  readonly marksRight?: boolean | undefined;
  readonly isLog?: boolean | undefined;
  readonly hidesLegend?: boolean | undefined;
  /** What single lines differ in, one per field of numbers. */
  readonly lines?: readonly LineLook[] | undefined;
  /** Horizontal lines. */
  readonly levels?: readonly { readonly value: number; readonly colour: string }[] | undefined;
}

export interface TimeSeriesProps {
  readonly title: string;
  /** Buckets of time, and a line per field of numbers. The first field's unit is that of the axis. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly height?: number;
  readonly look?: ChartLook | undefined;
  /** Offers a logarithmic scale. */
  readonly logOffered?: boolean;
  readonly legend?: LegendKind;
  readonly note?: React.ReactNode;
  /** Series that the frame has no line of, which the legend counts. */
  readonly undrawn?: number;
  /** Single points over the lines: fields `time`, `value`, and `key`, which a click on one gives to `onMark`. */
  readonly marks?: Frame;
  readonly onMark?: (key: string) => void;
  /** What happened besides: fields `time`, `end`, `title`, `text` and `colour` (`overlays.ts`). */
  readonly events?: Frame | undefined;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  /** A click on a bucket, and the name of the line that is nearest: opens what is behind it. */
  readonly onPoint?: (fromMs: number, toMs: number, label?: string) => void;
}

export function TimeSeries(props: TimeSeriesProps) {
  const { title, frame, legend = 'inline', logOffered = false } = props;
  const { tokens } = useTheme();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const lines = useMemo(() => linesOf(frame, tokens, props.look?.lines), [frame, tokens, props.look?.lines]);
  const [chosenLog, setLog] = useState<boolean>();
  const log = chosenLog ?? props.look?.isLog === true;
  const [asTable, setAsTable] = useState(false);
  const [hoverIndex, setHoverIndex] = useState<number>();
  const [soloed, setSoloed] = useState<string>();
  const partial = isPartial(grid, props.nowMs);
  const isStacked = props.look?.isStacked === true;
  const shown = useMemo(() => {
    const chosen = soloed ? lines.filter(({ label }) => label === soloed) : lines;
    return isStacked ? stackedLines(chosen) : chosen;
  }, [lines, soloed, isStacked]);
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
        <LineTable title={title} grid={grid} lines={lines} height={props.height ?? USUAL_PX} partial={partial} />
      ) : (
        <Plot {...props} grid={grid} lines={shown} log={log} onHover={setHoverIndex} />
      )}
      {props.look?.hidesLegend ? null : (
        <Legend
          lines={lines}
          grid={grid}
          kind={legend}
          height={props.height ?? USUAL_PX}
          undrawn={props.undrawn ?? 0}
          partial={partial}
          hoverIndex={hoverIndex}
          soloed={soloed}
          onSolo={setSoloed}
        />
      )}
    </figure>
  );
}

interface PlotProps extends TimeSeriesProps {
  readonly grid: TimeGrid;
  readonly lines: readonly Line[];
  readonly log: boolean;
  readonly onHover: (index: number | undefined) => void;
}

/** The pointer moves over all charts of a page at once: only what it says in the legend is rendered then. */
const Plot = memo(function Plot(props: PlotProps) {
  const { grid, lines, height = USUAL_PX, log, fromMs, toMs, nowMs } = props;
  const marks = useMemo(() => marksOf(props.marks), [props.marks]);
  const events = useMemo(() => eventsOf(props.events), [props.events]);
  const { tokens } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ ...props, marks, events, onTip: ignore });
  latest.current = { ...props, marks, events, onTip: latest.current.onTip };
  const { width } = useSize(box);
  const latestWidth = useRef(width);
  latestWidth.current = width;
  const ready = width > 0;
  // Another shape of chart needs another uPlot; new values only need setData.
  const partial = isPartial(grid, nowMs);
  const shape = JSON.stringify([props.look, partial, ...lines.map(({ label, colour }) => [label, colour])]);

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
      unsubscribe = followCrosshair(chart, latest);
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
  }, [grid, lines, fromMs, toMs, nowMs, marks, events]);

  return (
    <div className="chart-area">
      <div
        className="chart-plot"
        ref={box}
        style={{ height }}
        role="img"
        aria-label={`${props.title}: ${spokenLines(lines, partial)}`}
      />
      <PointTip latest={latest} />
    </div>
  );
});

/** The newest value of each, of as many as the legend has. */
function spokenLines(lines: readonly Line[], partial: boolean): string {
  const said = lines
    .slice(0, LEGEND_ROWS)
    .map(({ label, values, format }) => `${label} ${figuresOf(values, format, partial).last}`);
  const rest = lines.length - said.length;
  return (rest > 0 ? [...said, `${rest} more`] : said).join(', ');
}

/** Each on top of those before it; the topmost first, since what comes later is drawn over it. */
function stackedLines(lines: readonly Line[]): readonly Line[] {
  let below: readonly (number | null)[] = [];
  return lines
    .map((line) => {
      const values = line.values.map((value, i) => (value === null ? (below[i] ?? null) : value + (below[i] ?? 0)));
      below = values;
      return { ...line, values, own: line.values };
    })
    .reverse();
}

function fillChart(chart: uPlot, { grid, lines, log, fromMs, toMs, nowMs, marks, look }: LatestProps): void {
  const setRange = (scale: Scale, marked: readonly Mark[], min: number | undefined, max: number | undefined): void => {
    const own = lines.filter((line) => line.scale === scale);
    if (own.length === 0 && scale === 'right') return;
    const range = withinSoft(valueRange(own, log, marked), scale === 'y' && !log ? look : undefined);
    // Nothing of a log scale is at or below zero.
    const least = log && min !== undefined && min <= 0 ? range.min : (min ?? range.min);
    chart.setScale(scale, { min: least, max: max ?? Math.max(range.max, least) });
  };
  chart.batch(() => {
    chart.setData(chartData(grid, lines, nowMs), false);
    chart.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
    setRange('y', look?.marksRight ? [] : marks, look?.min, look?.max);
    setRange('right', look?.marksRight ? marks : [], look?.rightMin, look?.rightMax);
  });
}

/** Columns for uPlot: bucket starts, then per series the complete buckets and, where the last one is partial, apart the step into it. */
function chartData(grid: TimeGrid, lines: readonly Line[], nowMs: number): uPlot.AlignedData {
  const times = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) times[i] = (grid.startMs + i * grid.stepMs) / 1000;
  const partial = isPartial(grid, nowMs);
  const columns: (number | null)[][] = [];
  for (const { values } of lines) {
    const last = values.length - 1;
    columns.push(partial ? values.map((value, i) => (i === last ? null : value)) : [...values]);
    if (partial) columns.push(values.map((value, i) => (i >= last - 1 ? value : null)));
  }
  return [times, ...columns] as unknown as uPlot.AlignedData;
}

function withinSoft({ min, max }: { min: number; max: number }, look: ChartLook | undefined) {
  const { softMin = min, softMax = max } = look ?? {};
  return { min: Math.min(min, softMin), max: Math.max(max, softMax) };
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

interface LatestProps extends Omit<PlotProps, 'marks' | 'events'> {
  readonly marks: readonly Mark[];
  readonly events: readonly ChartEvent[];
  /** Says what is under the pointer. */
  onTip: (pointed: Pointed | undefined) => void;
}

const ignore = (): void => undefined;

const PADDING_RIGHT_PX = 12;

interface OptionsInput {
  readonly latest: React.RefObject<LatestProps>;
  readonly tokens: ThemeTokens;
  readonly log: boolean;
  readonly width: number;
  readonly height: number;
}

function chartOptions({ latest, tokens, log, width, height }: OptionsInput): uPlot.Options {
  const { lines, frame, look, grid, nowMs } = latest.current;
  const perLine = isPartial(grid, nowMs) ? 2 : 1;
  const fields = numberFields(frame);
  const isRight = (i: number): boolean => look?.lines?.[i]?.isRight === true;
  const hasRight = lines.some(({ scale }) => scale === 'right');
  const valueAxis = (field: NumberField | undefined): uPlot.Axis => {
    const { tick: writeTick, steps } = field ? formatOf(field) : COUNT_FORMAT;
    return {
      ...axis,
      size: (_chart, texts) => axisSize(texts),
      gap: 8,
      space: 32,
      ...(steps ? { incrs: [...TICK_STEPS[steps]] } : {}),
      values: (_chart, ticks) => ticks.map((tick) => (tick === null ? '' : tickText(writeTick(tick)))),
    };
  };
  const font = `11px ${tokens.font}`;
  const axis = { stroke: tokens.muted, font, ticks: { show: false }, grid: { stroke: tokens.line, width: 1 } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [6, PADDING_RIGHT_PX, 0, 0],
    scales: {
      x: { time: true, auto: false },
      y: { auto: false, distr: log ? 3 : 1 },
      ...(hasRight ? { right: { auto: false, distr: log ? (3 as const) : (1 as const) } } : {}),
    },
    axes: [
      {
        ...axis,
        size: 22,
        // The lowest mark of the other axis ends beside the first of these.
        gap: 7,
        // uPlot's own marks take a day for 24 hours.
        splits: (chart, _axis, min, max) =>
          timeTicks(min * 1000, max * 1000, Math.max(2, chart.bbox.width / uPlot.pxRatio / TICK_PX)).map(
            (at) => at / 1000,
          ),
        values: (chart, ticks) => timeLabels(chart, ticks, font),
      },
      valueAxis(fields.find((_, i) => !isRight(i)) ?? fields[0]),
      ...(hasRight
        ? [{ ...valueAxis(fields.find((_, i) => isRight(i))), scale: 'right', side: 1 as const, grid: { show: false } }]
        : []),
    ],
    series: [{}, ...lines.flatMap((line) => seriesOptions(line, look).slice(0, perLine))],
    cursor: {
      y: false,
      // An element each, with a layer of its own.
      points: { size: 6, ...(lines.length > LEGEND_ROWS ? { show: false } : {}) },
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
          latest.current.onTip(chart.cursor.event ? pointedAt(chart, latest.current) : undefined);
          // Only the chart under the pointer tells the others; a cursor set from outside has no event.
          if (chart.cursor.event)
            publishCrosshair(
              (chart.cursor.left ?? -1) >= 0 ? chart.posToVal(chart.cursor.left!, 'x') * 1000 : undefined,
              chart,
            );
        },
      ],
      draw: [
        (chart) => drawEvents(chart, latest.current.events),
        (chart) => drawLevels(chart, latest.current.look?.levels ?? []),
        (chart) => drawMarks(chart, latest.current.marks, tokens, markScale(latest.current.look)),
      ],
      ready: [(chart) => listenForClicks(chart, latest, () => markScale(latest.current.look))],
    },
  };
}

/** What stands below the ticks. A label that the edge would cut could be read as another time. */
function timeLabels(chart: uPlot, ticks: readonly number[], font: string): string[] {
  const { min = 0, max = 1 } = chart.scales.x ?? {};
  const pxPerSecond = chart.bbox.width / uPlot.pxRatio / (max - min);
  // uPlot remembers which font it has set.
  chart.ctx.save();
  chart.ctx.font = font;
  const labels = ticks.map((tick) => {
    const label = formatAxisTime(tick * 1000, (max - min) * 1000);
    const room = (max - tick) * pxPerSecond + PADDING_RIGHT_PX;
    return chart.ctx.measureText(label).width / 2 <= room ? label : '';
  });
  chart.ctx.restore();
  return labels;
}

function markScale(look: ChartLook | undefined): Scale {
  return look?.marksRight ? 'right' : 'y';
}

/** A series for the complete buckets, and one for the step into a partial last one. */
function seriesOptions(line: Line, look: ChartLook | undefined): uPlot.Series[] {
  const own = line.look;
  const base: uPlot.Series = {
    label: line.label,
    scale: line.scale,
    stroke: line.colour,
    width: own?.width ?? 1.5,
    points: { show: false },
    spanGaps: own?.spansGaps === true,
    ...(own?.dash ? { dash: [...own.dash] } : {}),
  };
  const percent = own?.fillPercent ?? look?.fillPercent ?? (line.isFilled ? 16 : 0);
  const fill = percent > 0 ? { fill: `color-mix(in srgb, ${line.colour} ${percent}%, transparent)` } : {};
  if (own?.drawsBars ?? look?.drawsBars) {
    const paths = uPlot.paths.bars?.({ size: [0.8, 64] });
    const bars = { ...base, ...fill, ...(paths === undefined ? {} : { paths }), points: { show: false } };
    return [bars, { ...bars, alpha: 0.45 }];
  }
  if (own?.isPoints) {
    const points = { ...base, paths: () => null, points: { show: true, size: own.pointSize ?? 5, fill: line.colour } };
    return [points, { ...points, alpha: 0.45 }];
  }
  const steps = own?.steps === undefined ? undefined : uPlot.paths.stepped?.({ align: own.steps === 'after' ? 1 : -1 });
  const paths = steps === undefined ? {} : { paths: steps };
  const show: uPlot.Series.Points['show'] = own?.marksPoints || ((chart, index) => isSparse(chart.data[index]));
  return [
    { ...base, ...fill, ...paths, points: { show, size: own?.pointSize ?? 4 } },
    { ...base, ...paths, alpha: 0.45, dash: [3, 3] },
  ];
}

/** Single points between gaps draw no line; with few values each gets a dot. */
function isSparse(column: ArrayLike<number | null | undefined> | undefined): boolean {
  if (!column) return false;
  let present = 0;
  for (let i = 0; i < column.length; i++) if (column[i] !== null && column[i] !== undefined) present++;
  return present > 0 && present <= 3;
}

/**
 * Shows where the pointer is on another chart, as a line and by the legend. uPlot's own cursor would look at each line of each chart at each move, and put a
 * dot on it: a page of 30 charts has thousands. What is not on the screen doesn't follow.
 */
function followCrosshair(chart: uPlot, latest: { readonly current: LatestProps }): () => void {
  const line = document.createElement('div');
  line.className = 'crosshair chart-crosshair';
  line.hidden = true;
  chart.over.append(line);
  let isOnScreen = true;
  let isFollowing = false;
  const show = (timeMs: number | undefined): void => {
    const x = timeMs === undefined || !isOnScreen ? -1 : chart.valToPos(timeMs / 1000, 'x');
    const isInside = timeMs !== undefined && x >= 0 && x <= chart.bbox.width / uPlot.pxRatio;
    if (!isInside && !isFollowing) return;
    isFollowing = isInside;
    line.hidden = !isInside;
    line.style.transform = `translateX(${x}px)`;
    latest.current.onHover(isInside ? chart.valToIdx(timeMs / 1000) : undefined);
  };
  const observer = new IntersectionObserver((seen) => {
    isOnScreen = seen.at(-1)?.isIntersecting ?? true;
    if (!isOnScreen) show(undefined);
  });
  observer.observe(chart.root);
  const unsubscribe = subscribeCrosshair((timeMs, source) => {
    if (source !== chart) show(timeMs);
    else if (isFollowing) {
      isFollowing = false;
      line.hidden = true;
    }
  });
  return () => {
    observer.disconnect();
    unsubscribe();
  };
}
