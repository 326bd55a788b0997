/** Draws the visible lines of a waterfall: bars at true scale, self time, critical path, events and logs. */
import { serviceColour } from '../../lib/colour.ts';
import { formatDuration } from '../../lib/format.ts';
import { enumText, fieldOf } from '../../lib/frame.ts';
import { severityColour } from '../../lib/severity.ts';
import type { ThemeTokens } from '../../lib/theme.tsx';
import { niceStep } from '../../lib/ticks.ts';
import { selfSegments } from '../../lib/trace-model.ts';
import { LOG_LINE } from '../../lib/waterfall-lines.ts';
import type { TraceView } from './view.ts';

export const LINE_HEIGHT = 24;
const BAR_HEIGHT = 11;
const MIN_BAR_PX = 2;
const LABEL_GAP_PX = 6;
/** Room at the right for the label of a bar that ends there. */
const EDGE_PX = 8;

export interface WaterfallPicture {
  readonly view: TraceView;
  readonly tokens: ThemeTokens;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  readonly hoverLine: number;
}

/** Horizontal place of a time: pixels from the left edge of the timeline. */
export function timeToX(ns: number, viewNs: readonly [number, number], width: number): number {
  return ((ns - viewNs[0]) / (viewNs[1] - viewNs[0])) * (width - EDGE_PX);
}

export function xToTime(x: number, viewNs: readonly [number, number], width: number): number {
  return viewNs[0] + (x / (width - EDGE_PX)) * (viewNs[1] - viewNs[0]);
}

export function drawWaterfall(context: CanvasRenderingContext2D, picture: WaterfallPicture): void {
  const { view, tokens, width, height, scrollTop, hoverLine } = picture;
  drawGrid(context, picture);
  const first = Math.floor(scrollTop / LINE_HEIGHT);
  const last = Math.min(view.lines.length - 1, Math.floor((scrollTop + height) / LINE_HEIGHT));
  for (let i = first; i <= last; i++) {
    const line = view.lines[i]!;
    const top = i * LINE_HEIGHT - scrollTop;
    const isSpan = line >= 0 && line < LOG_LINE;
    if (isSpan && line === view.selected) fillLine(context, tokens.selection, top, width);
    else if (i === hoverLine) fillLine(context, `color-mix(in srgb, ${tokens.text} 6%, transparent)`, top, width);
    if (line < 0) drawFold(context, picture, -1 - line, top);
    else if (line >= LOG_LINE) drawLogLine(context, picture, line - LOG_LINE, top);
    else drawSpan(context, picture, line, top);
  }
}

function fillLine(context: CanvasRenderingContext2D, colour: string, top: number, width: number): void {
  context.fillStyle = colour;
  context.fillRect(0, top, width, LINE_HEIGHT);
}

/** Round offsets from the trace's start in view, for the lines of the grid and the labels above them. */
export function gridMarks(viewNs: readonly [number, number], width: number): number[] {
  const stepNs = niceStep((viewNs[1] - viewNs[0]) / Math.max(2, Math.floor(width / 90)));
  const marks: number[] = [];
  for (let ns = Math.ceil(viewNs[0] / stepNs) * stepNs; ns <= viewNs[1]; ns += stepNs) marks.push(ns);
  return marks;
}

function drawGrid(context: CanvasRenderingContext2D, { view, tokens, width, height }: WaterfallPicture): void {
  context.strokeStyle = tokens.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const ns of gridMarks(view.viewNs, width)) {
    const x = Math.round(timeToX(ns, view.viewNs, width)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height);
  }
  context.stroke();
}

function drawSpan(context: CanvasRenderingContext2D, picture: WaterfallPicture, row: number, top: number): void {
  const { view, tokens, width } = picture;
  const { model, viewNs } = view;
  const startNs = model.startNs[row]!;
  const endNs = model.endNs[row]!;
  const x0 = timeToX(startNs, viewNs, width);
  const x1 = Math.max(timeToX(endNs, viewNs, width), x0 + MIN_BAR_PX);
  const y = top + (LINE_HEIGHT - BAR_HEIGHT) / 2 - 1;
  if (x1 >= 0 && x0 <= width) {
    const colour = serviceColour(enumText(model.service, row), tokens.name);
    const left = Math.max(x0, -4);
    const right = Math.min(x1, width + 4);
    context.fillStyle = colour;
    context.globalAlpha = tokens.name === 'dark' ? 0.36 : 0.32;
    bar(context, left, y, right - left);
    context.globalAlpha = 1;
    drawSelfTime(context, picture, row, y);
    if (model.isError[row]) {
      context.strokeStyle = tokens.error;
      context.lineWidth = 1.5;
      context.strokeRect(left, y - 0.5, Math.max(2, right - left), BAR_HEIGHT + 1);
    }
    drawPath(context, picture, row, y);
    drawMarks(context, picture, row, y);
  }
  drawLabel(context, picture, { row, x0, x1, y });
}

function drawSelfTime(
  context: CanvasRenderingContext2D,
  { view, width }: WaterfallPicture,
  row: number,
  y: number,
): void {
  const { model, viewNs } = view;
  if (model.childCount[row] === 0) {
    const x0 = Math.max(-4, timeToX(model.startNs[row]!, viewNs, width));
    const x1 = Math.min(width + 4, timeToX(model.endNs[row]!, viewNs, width));
    bar(context, x0, y, Math.max(MIN_BAR_PX, x1 - x0));
    return;
  }
  const segments = cachedSegments(view, row);
  for (let i = 0; i < segments.length; i += 2) {
    const x0 = Math.max(-4, timeToX(segments[i]!, viewNs, width));
    const x1 = Math.min(width + 4, timeToX(segments[i + 1]!, viewNs, width));
    if (x1 - x0 >= 0.3) context.fillRect(x0, y, x1 - x0, BAR_HEIGHT);
  }
}

const segmentCache = new WeakMap<object, Map<number, Float64Array>>();

/** Self time of a row with many children is worked out once per trace, not once per frame. */
function cachedSegments(view: TraceView, row: number): Float64Array {
  let rows = segmentCache.get(view.model);
  if (!rows) {
    rows = new Map();
    segmentCache.set(view.model, rows);
  }
  let segments = rows.get(row);
  if (!segments) {
    segments = selfSegments(view.model, row);
    rows.set(row, segments);
  }
  return segments;
}

function bar(context: CanvasRenderingContext2D, x: number, y: number, width: number): void {
  context.beginPath();
  context.roundRect(x, y, Math.max(MIN_BAR_PX, width), BAR_HEIGHT, 2);
  context.fill();
}

function drawPath(
  context: CanvasRenderingContext2D,
  { view, tokens, width }: WaterfallPicture,
  row: number,
  y: number,
): void {
  const segments = view.path.byRow.get(row);
  if (!segments) return;
  context.fillStyle = tokens.text;
  for (const i of segments) {
    const x0 = Math.max(0, timeToX(view.path.startNs[i]!, view.viewNs, width));
    const x1 = Math.min(width, timeToX(view.path.endNs[i]!, view.viewNs, width));
    if (x1 > 0 && x1 >= x0) context.fillRect(x0, y + BAR_HEIGHT + 2, Math.max(1, x1 - x0), 2);
  }
}

function drawMarks(
  context: CanvasRenderingContext2D,
  { view, tokens, width }: WaterfallPicture,
  row: number,
  y: number,
): void {
  const times = fieldOf(view.model.events, 'time', 'number').values;
  const names = fieldOf(view.model.events, 'name', 'enum');
  for (const i of view.events.get(row) ?? []) {
    const x = timeToX(times[i] ?? 0, view.viewNs, width);
    if (x < 0 || x > width) continue;
    context.fillStyle = enumText(names, i) === 'exception' ? tokens.error : tokens.text;
    context.fillRect(Math.round(x) - 0.75, y - 3, 1.5, BAR_HEIGHT + 3);
  }
  for (const i of view.logs.byRow.get(row) ?? []) {
    const x = timeToX(view.logs.offsetNs[i]!, view.viewNs, width);
    if (x < 0 || x > width) continue;
    context.fillStyle = severityColour(view.logs.severities[i] ?? 0, tokens);
    context.beginPath();
    context.arc(x, y + BAR_HEIGHT / 2, 2.5, 0, 7);
    context.fill();
    context.strokeStyle = tokens.background;
    context.lineWidth = 1;
    context.stroke();
  }
}

interface LabelPlace {
  readonly row: number;
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
}

/** The duration stands right of the bar, left of it where there is no room, and at the edge for a bar out of view. */
function drawLabel(
  context: CanvasRenderingContext2D,
  { view, tokens, width }: WaterfallPicture,
  { row, x0, x1, y }: LabelPlace,
): void {
  const { model } = view;
  const text = formatDuration(model.endNs[row]! - model.startNs[row]!);
  context.font = `11px ${tokens.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = model.isError[row] ? tokens.error : tokens.muted;
  const middle = y + BAR_HEIGHT / 2 + 0.5;
  if (x1 < 0 || x0 > width) {
    context.textAlign = x1 < 0 ? 'left' : 'right';
    context.fillText(x1 < 0 ? `‹ ${text}` : `${text} ›`, x1 < 0 ? 2 : width - 4, middle);
    return;
  }
  const textWidth = context.measureText(text).width;
  context.textAlign = 'left';
  if (x1 + LABEL_GAP_PX + textWidth < width - 2) context.fillText(text, x1 + LABEL_GAP_PX, middle);
  else if (x0 - LABEL_GAP_PX - textWidth > 0) context.fillText(text, x0 - LABEL_GAP_PX - textWidth, middle);
  else {
    // Inside a bar that fills the view: on a patch of the page's colour, readable on every hue.
    const left = Math.min(width, x1) - textWidth - 12;
    context.fillStyle = tokens.background;
    context.globalAlpha = 0.82;
    context.fillRect(left - 4, y, textWidth + 8, BAR_HEIGHT);
    context.globalAlpha = 1;
    context.fillStyle = model.isError[row] ? tokens.error : tokens.text;
    context.fillText(text, left, middle);
  }
}

function drawFold(
  context: CanvasRenderingContext2D,
  { view, tokens, width }: WaterfallPicture,
  foldIndex: number,
  top: number,
): void {
  const fold = view.folds[foldIndex]!;
  const x0 = Math.max(0, timeToX(fold.startNs, view.viewNs, width));
  const x1 = Math.min(width, timeToX(fold.endNs, view.viewNs, width));
  if (x1 < 0 || x0 > width) return;
  context.strokeStyle = tokens.faint;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.strokeRect(x0 + 0.5, top + LINE_HEIGHT / 2 - 3.5, Math.max(3, x1 - x0), 6);
  context.setLineDash([]);
}

function drawLogLine(
  context: CanvasRenderingContext2D,
  { view, tokens, width }: WaterfallPicture,
  logIndex: number,
  top: number,
): void {
  const x = timeToX(view.logs.offsetNs[logIndex]!, view.viewNs, width);
  if (x < 0 || x > width) return;
  context.fillStyle = severityColour(view.logs.severities[logIndex] ?? 0, tokens);
  context.beginPath();
  context.arc(x, top + LINE_HEIGHT / 2, 3, 0, 7);
  context.fill();
}
