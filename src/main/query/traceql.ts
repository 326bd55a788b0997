import { expressionText } from '../commands/promql.ts';
import type { Flags } from '../flags.ts';
import { UsageError } from '../usage.ts';
import { askText, type PromSeries } from './answer.ts';
import { CHART_STEPS, durationFlag, momentOf, serverOf } from './ask.ts';
import { durationText } from './duration.ts';
import { formatOf, itemsOf, printSeries } from './output.ts';
import { printColumns, shown, timeText } from './print.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_TRACES = 20;
/** What makes numbers of spans over time; behind a pipe, outside of texts. */
const METRIC =
  /\|\s*(?:rate|count_over_time|sum_over_time|min_over_time|max_over_time|avg_over_time|quantile_over_time|histogram_over_time|compare)\s*\(/;

interface TempoTrace {
  readonly traceID: string;
  readonly rootServiceName?: string;
  readonly rootTraceName?: string;
  readonly startTimeUnixNano: string;
  readonly durationMs?: number;
  readonly spanSets?: readonly { readonly matched: number }[];
}

interface TempoSeries {
  readonly promLabels?: string;
  readonly labels: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly samples: readonly { readonly timestampMs: string | number; readonly value?: number }[];
}

/** `signalbox query traceql 'EXPR'`: traces of a range, the last hour without one; numbers as PromQL's are. Throws StartError and UsageError. */
export async function queryTraceql(flags: Flags, argument: string | undefined): Promise<number> {
  const text = await expressionText(argument, `signalbox query traceql '{ status = error }'`);
  const isMetric = METRIC.test(text.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""'));
  const rangeMs = durationFlag(flags, 'range') ?? HOUR_MS;
  const format = isMetric
    ? formatOf(flags, ['table', 'json', 'csv', 'chart'], 'chart')
    : formatOf(flags, ['text', 'json'], 'text');
  const endMs = momentOf(flags.get('time'), Date.now());
  const stepMs = durationFlag(flags, 'step') ?? Math.max(1000, Math.ceil(rangeMs / CHART_STEPS / 1000) * 1000);
  const asked = new URLSearchParams({
    q: text,
    start: String(Math.floor((endMs - rangeMs) / 1000)),
    end: String(Math.ceil(endMs / 1000)),
    ...(isMetric ? { step: `${stepMs / 1000}s` } : { limit: String(itemsOf(flags, DEFAULT_TRACES)) }),
  });
  const url = await serverOf(flags);
  const path = isMetric ? '/tempo/api/metrics/query_range' : '/tempo/api/search';
  const answer = await askText(url, `${path}?${asked}`);
  if (answer.status !== 200) throw new UsageError(saidOf(answer.text) || `${url} answered ${answer.status}`);
  if (format === 'json') process.stdout.write(`${answer.text}\n`);
  else if (isMetric) process.stdout.write(printSeries({ series: seriesIn(answer.text), json: answer.text }, format));
  else process.stdout.write(printTraces(answer.text));
  return 0;
}

/** Tempo says what is wrong as plain text, another server perhaps as JSON. */
function saidOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: string | { readonly message?: string } };
    return typeof error === 'string' ? error : (error?.message ?? '');
  } catch {
    return text.trim().slice(0, 1000);
  }
}

function printTraces(json: string): string {
  const { traces = [] } = JSON.parse(json) as { readonly traces?: readonly TempoTrace[] };
  if (traces.length === 0) process.stderr.write('nothing found\n');
  if (traces.length === 0) return '';
  const rows = traces.map((trace) => [
    trace.traceID.padStart(32, '0'),
    timeText(Number(BigInt(trace.startTimeUnixNano) / 1_000_000n)),
    durationText((trace.durationMs ?? 0) * 1e6),
    String((trace.spanSets ?? []).reduce((sum, { matched }) => sum + matched, 0)),
    shown(`${trace.rootServiceName ?? ''} ${trace.rootTraceName ?? ''}`.trim()),
  ]);
  return printColumns(
    ['trace', 'start', 'duration', 'matched', 'root'],
    rows,
    (column) => column === 2 || column === 3,
  );
}

function seriesIn(json: string): readonly PromSeries[] {
  const { series = [] } = JSON.parse(json) as { readonly series?: readonly TempoSeries[] };
  return series.map(({ labels, samples }) => ({
    labels: new Map(labels.map(({ key, value }) => [key, String(Object.values(value)[0] ?? '')])),
    points: samples.map(({ timestampMs, value = 0 }) => ({ timeMs: Number(timestampMs), value, text: String(value) })),
  }));
}
