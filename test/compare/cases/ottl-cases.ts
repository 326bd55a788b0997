import type { Signal } from '#pdata';
import type { CompareCase } from '../lib/cases.ts';
import { logsSample, metricsSample, spansSample } from '../lib/samples.ts';

/** What the suites of OTTL share: statements become cases, and every value of the sample can be an argument. */

type Spans = { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
type Logs = { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] };

/** The sample's first span or record alone: one error must not hide what became of another item. */
function firstSpan(): ReturnType<typeof spansSample> {
  const request = spansSample();
  (request as Spans).resourceSpans[0]!.scopeSpans[0]!.spans.length = 1;
  return request;
}

function firstLog(): ReturnType<typeof logsSample> {
  const request = logsSample();
  (request as Logs).resourceLogs[0]!.scopeLogs[0]!.logRecords.length = 1;
  return request;
}

const INPUT = { traces: [firstSpan()], logs: [firstLog()], metrics: [metricsSample()] } as const;
const KEY = { traces: 'trace_statements', logs: 'log_statements', metrics: 'metric_statements' } as const;

/** A statement, or several in their order, on the sample of a signal. An error is an outcome: nothing is ignored. */
export function statement(signal: Signal, ...statements: string[]): CompareCase {
  return {
    name: `${signal}: ${statements.join(' ; ')}`,
    kind: 'processor',
    type: 'transform',
    config: { error_mode: 'propagate', [KEY[signal]]: grouped(signal, statements) },
    signal,
    input: INPUT[signal],
  };
}

const CONTEXTS = { traces: 'span', logs: 'log', metrics: 'metric' } as const;

/** Where a function is an argument the context is named: otelcol's search for it takes such a name for an enum's. */
function grouped(signal: Signal, statements: readonly string[]): readonly unknown[] {
  const hasFunction = statements.some((one) => /, (SHA256|SHA1|FNV)(,|\))/.test(one));
  return hasFunction ? [{ context: CONTEXTS[signal], statements }] : statements;
}

/** What an expression comes to on the sample's span. */
export function value(expression: string): CompareCase {
  return statement('traces', `set(span.attributes["out"], ${expression})`);
}

/** Whether a condition holds on the sample's span. */
export function condition(text: string): CompareCase {
  return statement('traces', `set(span.attributes["out"], true) where ${text}`);
}

const attribute = (key: string): string => `span.attributes["${key}"]`;

export const TEXTS: readonly string[] = [
  attribute('http.method'),
  attribute('http.url'),
  attribute('number_text'),
  attribute('empty'),
  attribute('flags'),
  attribute('json'),
  'span.name',
  '"Hello, World äöü 😀"',
];

/** A value of each type that there is, some twice. */
export const VALUES: readonly string[] = [
  ...TEXTS,
  attribute('http.status_code'),
  attribute('http.ratio'),
  attribute('http.cached'),
  attribute('blob'),
  attribute('tags'),
  attribute('nested'),
  attribute('absent'),
  `${attribute('nested')}["inner"]`,
  `${attribute('tags')}[1]`,
  'resource.attributes["host.cores"]',
  'span.start_time',
  'span.end_time_unix_nano',
  'span.end_time - span.start_time',
  'span.kind',
  'span.trace_id',
  'span.trace_id.string',
  '42',
  '-7',
  '3.75',
  '-0.5',
  'true',
  'nil',
  '0xff10',
  '["a", 1, 2.5]',
  '{"k": "v", "n": {"deep": 1}}',
];

/** Every combination of one of each, as the arguments of a call. */
export function calls(name: string, ...lists: readonly (readonly string[])[]): string[] {
  const rows = lists.reduce<string[][]>(
    (found, list) => found.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  );
  return rows.map((row) => `${name}(${row.filter((item) => item !== '').join(', ')})`);
}

/** The cases once each. */
export function comparable(cases: readonly CompareCase[]): CompareCase[] {
  return [...new Map(cases.map((one) => [one.name, one])).values()];
}
