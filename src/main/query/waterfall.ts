/** A trace in a terminal: a row for each span, with a bar where and as long as it was. */
import { durationText } from './duration.ts';
import { shown, timeText } from './print.ts';

/** Of what the console's API says of a trace, what is drawn: one entry per span in each list, children behind their parents. */
export interface DrawnTrace {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationNs: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly hints: readonly string[];
  readonly spans: {
    /** Row of the parent, -1 for a root, -2 where it is missing. */
    readonly parent: readonly number[];
    readonly service: readonly number[];
    readonly name: readonly number[];
    readonly hint: readonly number[];
    readonly startNs: readonly number[];
    readonly durationNs: readonly number[];
    /** 2 is an error. */
    readonly status: readonly number[];
  };
  readonly totalSpanCount: number;
}

const ERROR = 2;
const LEAST_BAR = 20;
/** Behind so many levels names would have no room. */
const MOST_INDENT = 16;
const [RED, DIM] = ['31', '2'];

/** `columns` wide, the first `rows` spans. Colours only add: errors have a mark, too. */
export function printWaterfall(
  trace: DrawnTrace,
  { columns, rows, hasColours }: { readonly columns: number; readonly rows: number; readonly hasColours: boolean },
): string {
  const { spans, services, names, hints } = trace;
  const count = spans.parent.length;
  const depths = depthsOf(spans.parent);
  const errors = spans.status.filter((status) => status === ERROR).length;
  const paint = (text: string, colour: string): string => (hasColours ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const shownCount = Math.min(rows, count);
  const texts = Array.from({ length: shownCount }, (_, row) => {
    const hint = hints[spans.hint[row]!] ?? '';
    const name = names[spans.name[row]!] ?? '';
    const indent = '  '.repeat(Math.min(depths[row]!, MOST_INDENT));
    const orphan = spans.parent[row] === -2 ? '(parent missing) ' : '';
    // A hint may begin with the name: `GET session:s7` of GET.
    const what = hint.startsWith(name) ? hint : name.includes(hint) ? name : `${name} ${hint}`;
    return shown(`${indent}${services[spans.service[row]!] ?? ''}  ${orphan}${what}`);
  });
  const widest = texts.reduce((width, text) => Math.max(width, lengthOf(text)), 0);
  const durationWidth = 8;
  // A mark, blanks between, the duration.
  const room = Math.max(2, columns - LEAST_BAR - durationWidth - 4);
  const nameWidth = Math.min(widest, Math.max(12, Math.floor(columns / 2), columns - 60), room);
  const barWidth = Math.max(LEAST_BAR, columns - nameWidth - durationWidth - 4);
  const counts = [plural(trace.totalSpanCount, 'span'), plural(errors, 'error'), plural(services.length, 'service')];
  const head = `${trace.traceId}  ${timeText(trace.startMs)}  ${durationText(trace.durationNs)}  ${counts.join(', ')}`;
  const lines = texts.map((text, row) => {
    const [mark, colour] = spans.status[row] === ERROR ? [paint('✗', RED), RED] : [' ', DIM];
    const duration = durationText(spans.durationNs[row]!).padStart(durationWidth);
    return `${mark} ${fitted(text, nameWidth)} ${paint(barOf(trace, row, barWidth), colour)} ${duration}`;
  });
  const left = trace.totalSpanCount - shownCount;
  return `${[head, ...lines, ...(left > 0 ? [`… ${plural(left, 'more span')}: --items ${trace.totalSpanCount}`] : [])].join('\n')}\n`;
}

function depthsOf(parent: readonly number[]): number[] {
  const depths: number[] = [];
  for (const [row, above] of parent.entries()) depths.push(above < 0 || above >= row ? 0 : depths[above]! + 1);
  return depths;
}

/** Blank, block, blank: at least an eighth of a cell is seen of any span. */
function barOf({ spans, durationNs }: DrawnTrace, row: number, width: number): string {
  // Multiplied before it is divided: half way is half way.
  const cells = (ns: number): number => (durationNs > 0 ? (ns * width) / durationNs : 0);
  const from = Math.min(width - 1, Math.max(0, Math.floor(cells(spans.startNs[row]!))));
  const length = Math.min(width - from, Math.max(0, Math.round(cells(spans.durationNs[row]!))));
  const bar = length === 0 ? '▏' : '█'.repeat(length);
  return `${' '.repeat(from)}${bar}`.padEnd(width);
}

function plural(count: number, word: string): string {
  return `${count.toLocaleString('en-US')} ${word}${count === 1 ? '' : 's'}`;
}

/** In characters, not in halves of them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function fitted(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length > width) return `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
  return text + ' '.repeat(width - characters.length);
}
