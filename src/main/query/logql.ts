import { LogqlError, parseLogql } from '#lang/logql';
import { expressionText } from '../commands/promql.ts';
import type { Flags } from '../flags.ts';
import { UsageError } from '../usage.ts';
import { askText, seriesOf } from './answer.ts';
import { CHART_STEPS, durationFlag, momentOf, serverOf } from './ask.ts';
import { formatOf, itemsOf, printSeries } from './output.ts';
import { shown, timeText } from './print.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_LINES = 100;

interface LokiStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

/** `signalbox query logql 'EXPR'`: lines over a range, the last hour without one; numbers as PromQL's are. Throws StartError and UsageError. */
export async function queryLogql(flags: Flags, argument: string | undefined): Promise<number> {
  const text = await expressionText(argument, `signalbox query logql '{service_name="orders"} |= "timeout"'`);
  const isLines = linesAsked(text);
  const rangeMs = durationFlag(flags, 'range') ?? (isLines ? HOUR_MS : undefined);
  const [formats, otherwise] = isLines
    ? [['text', 'json'], 'text']
    : [['table', 'json', 'csv', 'chart'], rangeMs === undefined ? 'table' : 'chart'];
  const format = formatOf(flags, formats as string[], otherwise as string);
  const limit = itemsOf(flags, DEFAULT_LINES);
  const endMs = momentOf(flags.get('time'), Date.now());
  const stepMs = durationFlag(flags, 'step') ?? Math.max(1000, Math.ceil((rangeMs ?? 0) / CHART_STEPS / 1000) * 1000);
  const ns = (ms: number): string => `${Math.floor(ms)}000000`;
  const [path, times] =
    rangeMs === undefined
      ? ['query', { time: ns(endMs) }]
      : ['query_range', { start: ns(endMs - rangeMs), end: ns(endMs), step: String(stepMs / 1000) }];
  const asked = new URLSearchParams({ query: text, limit: String(limit), ...(times as Record<string, string>) });
  const url = await serverOf(flags);
  const answer = await askText(url, `/loki/api/v1/${path as string}`, { method: 'POST', body: asked });
  // Loki says what is wrong as plain text.
  if (answer.status !== 200)
    throw new UsageError(answer.text.trim().slice(0, 1000) || `${url} answered ${answer.status}`);
  const { data } = JSON.parse(answer.text) as {
    readonly data: { readonly resultType: string; readonly result: readonly LokiStream[] };
  };
  if (data.result.length === 0) process.stderr.write('nothing found\n');
  if (format === 'json') process.stdout.write(`${answer.text}\n`);
  else if (data.resultType === 'streams') process.stdout.write(printLines(data.result));
  else process.stdout.write(printSeries({ series: seriesOf(data as never), json: answer.text }, format));
  return 0;
}

function linesAsked(text: string): boolean {
  try {
    return parseLogql(text).kind === 'logs';
  } catch (error) {
    if (error instanceof LogqlError) throw new UsageError(error.message);
    throw error;
  }
}

/** The oldest first, as a terminal scrolls: time, level, service, line. */
function printLines(streams: readonly LokiStream[]): string {
  return streams
    .flatMap(({ stream, values }) => values.map(([ns, line]) => ({ stream, ns: BigInt(ns), line })))
    .sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0))
    .map(({ stream, ns, line }) => {
      const ms = Number(ns / 1_000_000n);
      const level = (stream['detected_level'] ?? stream['level'] ?? '').slice(0, 5).padEnd(5);
      return `${timeText(ms)}.${String(ms % 1000).padStart(3, '0')}  ${level}  ${shown(stream['service_name'] ?? '')}  ${shown(line)}\n`;
    })
    .join('');
}
