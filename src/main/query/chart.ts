import type { PromSeries } from './answer.ts';
import { nameOf, timeText } from './print.ts';

/** Lines of dots in a terminal: a cell of Braille has two by four of them. */

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
const AXIS_WIDTH = 10;

/** A chart of the series with the largest values, `columns` wide, and what each line is. */
export function printChart(series: readonly PromSeries[], columns: number, hasColors: boolean): string {
  const shown = series
    .map((each) => ({ each, last: lastOf(each) }))
    .sort((a, b) => b.last - a.last)
    .slice(0, COLORS.length)
    .map(({ each }) => each);
  const finite = shown.flatMap(({ points }) => points.filter(({ value }) => Number.isFinite(value)));
  if (finite.length === 0) return 'nothing to draw\n';
  const canvas = new Canvas(Math.max(20, columns - AXIS_WIDTH - 2));
  const lowest = Math.min(0, ...finite.map(({ value }) => value));
  const highest = Math.max(...finite.map(({ value }) => value));
  const fromMs = Math.min(...finite.map(({ timeMs }) => timeMs));
  const toMs = Math.max(...finite.map(({ timeMs }) => timeMs));
  const place = (value: number, from: number, to: number, size: number): number =>
    to === from ? 0 : Math.round(((value - from) / (to - from)) * (size - 1));
  shown.forEach(({ points }, line) => {
    for (const { timeMs, value } of points) {
      if (!Number.isFinite(value)) continue;
      const x = place(timeMs, fromMs, toMs, canvas.width);
      canvas.dot(x, canvas.height - 1 - place(value, lowest, highest, canvas.height), line);
    }
  });
  const axis = canvas.rows(hasColors).map((row, i) => {
    const label = i === 0 ? short(highest) : i === ROWS - 1 ? short(lowest) : '';
    return `${label.padStart(AXIS_WIDTH)} │${row}`;
  });
  const times = `${timeText(fromMs)}${timeText(toMs).padStart(Math.max(21, canvas.width / CELL_WIDTH - 19))}`;
  const legend = shown.map(
    (each, line) =>
      `${' '.repeat(AXIS_WIDTH)} ${colored('●', line, hasColors)} ${nameOf(each)}  ${short(lastOf(each))}`,
  );
  const rest = series.length - shown.length;
  const more = rest > 0 ? [`${' '.repeat(AXIS_WIDTH)}   and ${rest} more: --format table has all`] : [];
  return `${[...axis, `${' '.repeat(AXIS_WIDTH)}  ${times}`, ...legend, ...more].join('\n')}\n`;
}

function lastOf({ points }: PromSeries): number {
  return points.at(-1)?.value ?? Number.NEGATIVE_INFINITY;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function colored(text: string, line: number, hasColors: boolean): string {
  return hasColors ? `\u001b[${COLORS[line]}m${text}\u001b[0m` : text;
}

class Canvas {
  /** In dots. */
  readonly width: number;
  readonly height: number = ROWS * CELL_HEIGHT;
  readonly #columns: number;
  readonly #cells: Uint8Array;
  /** Which line drew last in a cell. */
  readonly #lines: Uint8Array;

  constructor(columns: number) {
    this.#columns = columns;
    this.width = columns * CELL_WIDTH;
    this.#cells = new Uint8Array(columns * ROWS);
    this.#lines = new Uint8Array(columns * ROWS);
  }

  dot(x: number, y: number, line: number): void {
    const cell = Math.floor(y / CELL_HEIGHT) * this.#columns + Math.floor(x / CELL_WIDTH);
    this.#cells[cell]! |= DOTS[x % CELL_WIDTH]![y % CELL_HEIGHT]!;
    this.#lines[cell] = line;
  }

  rows(hasColors: boolean): string[] {
    return Array.from({ length: ROWS }, (_, row) => {
      let text = '';
      for (let at = row * this.#columns; at < (row + 1) * this.#columns; at++) {
        const dots = this.#cells[at]!;
        text += dots === 0 ? ' ' : colored(String.fromCharCode(BRAILLE + dots), this.#lines[at]!, hasColors);
      }
      return text.trimEnd();
    });
  }
}
