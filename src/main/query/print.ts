import type { PromSeries } from './answer.ts';

/** Answers as text: a table, comma-separated values, a chart. */

/** `name{label="x"}`, as people write it. */
export function nameOf({ labels }: PromSeries): string {
  const name = labels.get('__name__') ?? '';
  const pairs = [...labels].filter(([label]) => label !== '__name__');
  if (pairs.length === 0) return name === '' ? '{}' : shown(name);
  return shown(`${name}{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`);
}

/** A column for each label whose values differ, then the time where there are several, then the value. Empty for no series. */
export function printTable(series: readonly PromSeries[]): string {
  if (series.length === 0) return '';
  const labels = [...new Set(series.flatMap(({ labels: own }) => [...own.keys()]))].filter(
    (label) => new Set(series.map(({ labels: own }) => own.get(label))).size > 1,
  );
  const hasTimes = series.some(({ points }) => points.length > 1);
  const shared = [...series[0]!.labels].filter(([label]) => !labels.includes(label));
  const rows = series.flatMap(({ labels: own, points }) =>
    points.map(({ timeMs, text }) => [
      ...labels.map((label) => shown(own.get(label) ?? '')),
      ...(hasTimes ? [timeText(timeMs)] : []),
      text,
    ]),
  );
  const head = [...labels, ...(hasTimes ? ['time'] : []), 'value'];
  const title = shared.length === 0 ? '' : `${nameOf({ labels: new Map(shared), points: [] })}\n`;
  return `${title}${printColumns(head, rows, (column) => column === head.length - 1)}`;
}

/** Cells below each other, those of some columns at their right ends. */
export function printColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isAtRight: (column: number) => boolean,
): string {
  const widths = head.map((title, i) => rows.reduce((width, row) => Math.max(width, row[i]!.length), title.length));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isAtRight(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

/** Texts come from whoever sends telemetry: what would steer the terminal is written as an escape. */
export function shown(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return value.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A row for each point: its time, its labels, its value. */
export function printCsv(series: readonly PromSeries[]): string {
  const labels = [...new Set(series.flatMap(({ labels: own }) => [...own.keys()]))].sort();
  const rows = series.flatMap(({ labels: own, points }) =>
    points.map(({ timeMs, text }) => [
      new Date(timeMs).toISOString(),
      ...labels.map((label) => own.get(label) ?? ''),
      text,
    ]),
  );
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\n`;
  return [['time', ...labels, 'value'], ...rows].map(line).join('');
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function timeText(timeMs: number): string {
  return new Date(timeMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');
}
