import type { PromPoint, PromSeries } from './answer.ts';
import { nameOf, timeText } from './print.ts';

/** Lines in a terminal: of dots where there are colours to tell them apart, a cell of Braille has two by four of them; else a letter for each. */

const CELL_WIDTH = 2;
const CELL_HEIGHT = 4;
const ROWS = 14;
const BRAILLE = 0x2800;
/** The bit of each dot of a cell, by column and row. */
const DOTS: readonly (readonly number[])[] = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];
const COLORS = [36, 33, 32, 35, 34, 31];
const LETTERS = 'abcdef';
const AXIS_WIDTH = 10;
/** A line ends where its next point is further away than so many of its steps. */
const GAP_STEPS = 1.5;

/** A chart of the series with the largest last values, `columns` wide, and what each line is. Empty for no series. */
export function printChart(series: readonly PromSeries[], columns: number, hasColors: boolean): string {
  const shown = series
    .map((each) => ({ each, last: lastOf(each) }))
    .sort((a, b) => b.last - a.last)
    .slice(0, COLORS.length)
    .map(({ each }) => each);
  const finite = shown.flatMap(({ points }) => points.filter(({ value }) => Number.isFinite(value)));
  if (series.length === 0) return '';
  if (finite.length === 0) return 'nothing to draw: no value is a number. --format table has all\n';
  // Without colours lines of dots could not be told apart; one alone can.
  const hasLetters = !hasColors && shown.length > 1;
  const canvas = new Canvas(Math.max(20, columns - AXIS_WIDTH - 2), hasLetters);
  const extent = extentOf(finite);
  for (const [line, { points }] of shown.entries()) drawLine(canvas, points, line, extent);
  const axis = canvas.rows(hasColors).map((row, i) => {
    const label = i === 0 ? short(extent.highest) : i === ROWS - 1 ? short(extent.lowest) : '';
    return `${label.padStart(AXIS_WIDTH)} │${row}`;
  });
  const times = `${timeText(extent.fromMs)}${timeText(extent.toMs).padStart(Math.max(21, canvas.columns - 19))}`;
  const legend = shown.map((each, line) => {
    const mark = hasLetters ? LETTERS[line]! : '●';
    return `${' '.repeat(AXIS_WIDTH)} ${colored(mark, line, hasColors)} ${nameOf(each)}  ${short(lastOf(each))}`;
  });
  const rest = series.length - shown.length;
  const more = rest > 0 ? [`${' '.repeat(AXIS_WIDTH)}   and ${rest} more: --format table has all`] : [];
  return `${[...axis, `${' '.repeat(AXIS_WIDTH)}  ${times}`, ...legend, ...more].join('\n')}\n`;
}

interface Extent {
  readonly lowest: number;
  readonly highest: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** From zero, as rates and counts are read. */
function extentOf(points: readonly PromPoint[]): Extent {
  let [lowest, highest] = [0, Number.NEGATIVE_INFINITY];
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { value, timeMs } of points) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    fromMs = Math.min(fromMs, timeMs);
    toMs = Math.max(toMs, timeMs);
  }
  // All of it zero: the line is at the foot.
  return { lowest, highest: highest > lowest ? highest : lowest + 1, fromMs, toMs };
}

function place(value: number, from: number, to: number, size: number): number {
  return to === from ? 0 : Math.round(((value - from) / (to - from)) * (size - 1));
}

/** Points joined by lines, but over gaps. */
function drawLine(canvas: Canvas, points: readonly PromPoint[], line: number, extent: Extent): void {
  const gapMs = GAP_STEPS * stepOf(points);
  let before: { readonly x: number; readonly y: number; readonly timeMs: number } | undefined;
  for (const { timeMs, value } of points) {
    if (!Number.isFinite(value)) {
      before = undefined;
      continue;
    }
    const x = place(timeMs, extent.fromMs, extent.toMs, canvas.width);
    const y = canvas.height - 1 - place(value, extent.lowest, extent.highest, canvas.height);
    if (before === undefined || timeMs - before.timeMs > gapMs) canvas.dot(x, y, line);
    else canvas.line(before.x, before.y, x, y, line);
    before = { x, y, timeMs };
  }
}

/** The smallest time between two points. */
function stepOf(points: readonly PromPoint[]): number {
  let step = Number.POSITIVE_INFINITY;
  for (let i = 1; i < points.length; i++) step = Math.min(step, points[i]!.timeMs - points[i - 1]!.timeMs);
  return step;
}

function lastOf({ points }: PromSeries): number {
  const last = points.at(-1)?.value;
  return last === undefined || Number.isNaN(last) ? Number.NEGATIVE_INFINITY : last;
}

function short(value: number): string {
  return value === Number.NEGATIVE_INFINITY ? 'no number' : String(Number(value.toPrecision(4)));
}

function colored(text: string, line: number, hasColors: boolean): string {
  return hasColors ? `\u001b[${COLORS[line]}m${text}\u001b[0m` : text;
}

class Canvas {
  readonly columns: number;
  /** In dots: a cell has one of them where letters are drawn. */
  readonly width: number;
  readonly height: number;
  readonly #hasLetters: boolean;
  readonly #cellWidth: number;
  readonly #cellHeight: number;
  readonly #cells: Uint8Array;
  /** Which line drew last in a cell. */
  readonly #lines: Uint8Array;

  constructor(columns: number, hasLetters: boolean) {
    this.columns = columns;
    this.#hasLetters = hasLetters;
    this.#cellWidth = hasLetters ? 1 : CELL_WIDTH;
    this.#cellHeight = hasLetters ? 1 : CELL_HEIGHT;
    this.width = columns * this.#cellWidth;
    this.height = ROWS * this.#cellHeight;
    this.#cells = new Uint8Array(columns * ROWS);
    this.#lines = new Uint8Array(columns * ROWS);
  }

  dot(x: number, y: number, line: number): void {
    const cell = Math.floor(y / this.#cellHeight) * this.columns + Math.floor(x / this.#cellWidth);
    this.#cells[cell]! |= DOTS[x % this.#cellWidth]![y % this.#cellHeight]!;
    this.#lines[cell] = line;
  }

  line(fromX: number, fromY: number, toX: number, toY: number, line: number): void {
    const length = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
    for (let i = 0; i <= length; i++) {
      const share = i / length;
      this.dot(Math.round(fromX + (toX - fromX) * share), Math.round(fromY + (toY - fromY) * share), line);
    }
  }

  rows(hasColors: boolean): string[] {
    return Array.from({ length: ROWS }, (_, row) => {
      let text = '';
      for (let at = row * this.columns; at < (row + 1) * this.columns; at++) text += this.#cellText(at, hasColors);
      return text.trimEnd();
    });
  }

  #cellText(at: number, hasColors: boolean): string {
    const dots = this.#cells[at]!;
    const line = this.#lines[at]!;
    if (dots === 0) return ' ';
    return this.#hasLetters ? LETTERS[line]! : colored(String.fromCharCode(BRAILLE + dots), line, hasColors);
  }
}
