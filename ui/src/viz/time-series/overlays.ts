/** What is drawn over the lines: single points, thresholds, events; and what a click means. */
import uPlot from 'uplot';
import type { TimeGrid } from '#api/types.ts';
import { type Frame, fieldIfAny, fieldOf } from '../../lib/frame.ts';
import type { ThemeTokens } from '../../lib/theme.tsx';
import type { Line, Scale } from './lines.ts';

export interface Mark {
  readonly timeMs: number;
  readonly value: number;
  readonly key: string;
}

export function marksOf(frame: Frame | undefined): readonly Mark[] {
  if (frame === undefined) return [];
  const times = fieldOf(frame, 'time', 'time').values;
  const values = fieldOf(frame, 'value', 'number').values;
  const keys = fieldOf(frame, 'key', 'text').values;
  return times.map((timeMs, row) => ({ timeMs, value: values[row] ?? 0, key: keys[row]! }));
}

/** Something that happened; where it took time, until `endMs`. */
export interface ChartEvent {
  readonly timeMs: number;
  readonly endMs: number;
  readonly title: string;
  readonly text: string;
  /** CSS. */
  readonly colour: string;
}

/** Fields `time`, `end` (number), `title`, `text` and `colour`. */
export function eventsOf(frame: Frame | undefined): readonly ChartEvent[] {
  if (frame === undefined) return [];
  const times = fieldOf(frame, 'time', 'time').values;
  const texts = (name: string): readonly string[] => fieldIfAny(frame, name, 'text')?.values ?? [];
  const ends = fieldIfAny(frame, 'end', 'number')?.values ?? [];
  const [titles, bodies, colours] = [texts('title'), texts('text'), texts('colour')];
  return times.map((timeMs, row) => ({
    timeMs,
    endMs: ends[row] ?? timeMs,
    title: titles[row] ?? '',
    text: bodies[row] ?? '',
    colour: colours[row] || 'gray',
  }));
}

const FLAG_PX = 5;

/** A line at each event with a flag at its foot; the time that it took is tinted. */
export function drawEvents(chart: uPlot, events: readonly ChartEvent[]): void {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  const place = (timeMs: number): number =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, chart.valToPos(timeMs / 1000, 'x', true)));
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  for (const { timeMs, endMs, colour } of events) {
    const [from, to] = [place(timeMs), place(endMs)];
    if (timeMs / 1000 > (chart.scales.x?.max ?? 0) || endMs / 1000 < (chart.scales.x?.min ?? 0)) continue;
    ctx.fillStyle = colour;
    ctx.strokeStyle = colour;
    ctx.globalAlpha = 0.12;
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 0.8;
    ctx.beginPath();
    ctx.moveTo(from, bbox.top);
    ctx.lineTo(from, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    const foot = bbox.top + bbox.height;
    ctx.beginPath();
    ctx.moveTo(from, foot - FLAG_PX * ratio);
    ctx.lineTo(from + FLAG_PX * ratio, foot);
    ctx.lineTo(from - FLAG_PX * ratio, foot);
    ctx.fill();
  }
  ctx.restore();
}

const NEAR_EVENT_PX = 5;

export function eventAt(chart: uPlot, events: readonly ChartEvent[], left: number): ChartEvent | undefined {
  return events.find(({ timeMs, endMs }) => {
    const from = chart.valToPos(timeMs / 1000, 'x');
    const to = chart.valToPos(endMs / 1000, 'x');
    return left >= from - NEAR_EVENT_PX && left <= to + NEAR_EVENT_PX;
  });
}

const MARK_PX = 4;
const CLICK_PX = 4;

export function drawMarks(chart: uPlot, marks: readonly Mark[], tokens: ThemeTokens, scale: Scale): void {
  const { ctx } = chart;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = tokens.background;
  ctx.strokeStyle = tokens.text;
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([]);
  for (const mark of marks) {
    const x = chart.valToPos(mark.timeMs / 1000, 'x', true);
    const y = Math.max(chart.bbox.top, chart.valToPos(mark.value, scale, true));
    if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
    ctx.beginPath();
    ctx.rect(x - (MARK_PX * ratio) / 2, y - (MARK_PX * ratio) / 2, MARK_PX * ratio, MARK_PX * ratio);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

export function drawLevels(chart: uPlot, levels: readonly { readonly value: number; readonly colour: string }[]): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash([6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
  for (const { value, colour } of levels) {
    const y = Math.round(chart.valToPos(value, 'y', true));
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

interface Clicked {
  readonly grid: TimeGrid;
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
  readonly onMark?: (key: string) => void;
  readonly onPoint?: (fromMs: number, toMs: number, label?: string) => void;
}

export function listenForClicks(chart: uPlot, latest: { readonly current: Clicked }, scaleOfMarks: () => Scale): void {
  // Where uPlot found the pointer: to measure it again would lay out a page that other charts have just changed.
  const near = (): Mark | undefined => {
    const { left: x = -1, top: y = -1 } = chart.cursor;
    return latest.current.marks.find(
      ({ timeMs, value }) =>
        Math.hypot(chart.valToPos(timeMs / 1000, 'x') - x, Math.max(0, chart.valToPos(value, scaleOfMarks())) - y) < 8,
    );
  };
  let downX = 0;
  const isDrag = (event: MouseEvent): boolean => Math.abs(event.clientX - downX) >= CLICK_PX;
  chart.over.addEventListener('mousedown', (event) => {
    downX = event.clientX;
  });
  chart.over.addEventListener('mousemove', () => {
    chart.over.style.cursor = near() || latest.current.onPoint ? 'pointer' : '';
  });
  chart.over.addEventListener('click', (event) => {
    const mark = near();
    if (mark) {
      latest.current.onMark?.(mark.key);
      return;
    }
    const { grid, onPoint } = latest.current;
    const bucket = chart.cursor.idx;
    if (onPoint === undefined || typeof bucket !== 'number' || isDrag(event)) return;
    const fromMs = grid.startMs + bucket * grid.stepMs;
    onPoint(
      fromMs,
      fromMs + grid.stepMs,
      nearestLine(chart, latest.current.lines, bucket, chart.cursor.top ?? 0)?.label,
    );
  });
}

/** The line whose value at a bucket is nearest to a height. */
export function nearestLine(chart: uPlot, lines: readonly Line[], bucket: number, y: number): Line | undefined {
  let nearest: Line | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const value = line.values[bucket];
    if (value === null || value === undefined) continue;
    const away = Math.abs(chart.valToPos(value, line.scale) - y);
    if (away < distance) [nearest, distance] = [line, away];
  }
  return nearest;
}
