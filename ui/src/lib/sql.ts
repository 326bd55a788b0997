/** SQL: asking the server, and answers as frames. */
import type { AttributeValue } from '#api/types.ts';
import { ApiFailure, failureOf } from './api.ts';
import type { Field, Frame, NumberField } from './frame.ts';

/** What can be asked: GET /api/sql/schema. */
export interface SqlSchema {
  readonly views: readonly {
    readonly name: string;
    readonly text: string;
    readonly columns: readonly { readonly name: string; readonly type: string; readonly text: string }[];
  }[];
  readonly exporterViews: readonly string[];
  readonly examples: readonly { readonly name: string; readonly sql: string }[];
}

/** An answer in ClickHouse's JSONCompact. */
export interface SqlAnswer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
  readonly statistics?: { readonly elapsed: number; readonly rows_read: number; readonly bytes_read: number };
}

/** Names the history. */
export const SQL_HISTORY = 'sql';
/** A page holds no more rows; a statement's own LIMIT may be less. */
export const SQL_ROWS = 1000;
/** A little more than the server allows itself. */
const DEADLINE_MS = 65_000;

/** Throws ApiFailure. Leaving it stops the statement in the store. */
export async function askSql(text: string, signal: AbortSignal): Promise<SqlAnswer> {
  const query = new URLSearchParams({ format: 'JSONCompact', limit: String(SQL_ROWS), integers: 'text' });
  let response: Response;
  try {
    response = await fetch(`/api/sql?${query}`, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'text/plain' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiFailure(
      { code: 'unreachable', message: 'the server does not answer', hint: 'Check that signalbox is running.' },
      0,
    );
  }
  if (!response.ok) throw await failureOf(response);
  const answer = await response.text();
  try {
    return answerOf(answer);
  } catch {
    // The statement named a format of its own.
    const message = 'the answer is in the format that the statement names';
    throw new ApiFailure(
      { code: 'bad_query', message, hint: 'Leave FORMAT out to see rows here, or download the answer.' },
      0,
    );
  }
}

/** Throws where the text is no JSONCompact. */
function answerOf(text: string): SqlAnswer {
  const answer = JSON.parse(text) as SqlAnswer;
  if (!Array.isArray(answer.meta) || answer.data.some((row) => !Array.isArray(row))) throw new Error('no rows');
  return answer;
}

export async function readSqlSchema(signal: AbortSignal): Promise<SqlSchema> {
  const response = await fetch('/api/sql/schema', { signal });
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as SqlSchema;
}

/** Where a file with the rows of a statement comes from. */
export function sqlFileAddress(text: string): string {
  return `/api/sql?${new URLSearchParams({ format: 'CSVWithNames', limit: '100000', query: text })}`;
}

const NUMBER = /^(?:Nullable\(|LowCardinality\()*(?:U?Int(?:8|16|32)|Float|Decimal)/;
/** All digits stay only where they are text. */
const BIG = /^(?:Nullable\()?U?Int(?:64|128|256)/;
const TIME = /^(?:Nullable\()?Date(?:Time|Time64|32)?(?:\(|\)|$)/;

/** A field per column, as its type says. Times are read as UTC, as the server writes them. */
export function frameOfSql({ meta, data }: SqlAnswer): Frame {
  const fields = meta.map(({ name, type }, column): Field => {
    const values = data.map((row) => row[column]);
    if (TIME.test(type)) return { name, type: 'time', values: values.map(timeOf) };
    const isSafe = BIG.test(type) && values.every((value) => value === null || Number.isSafeInteger(Number(value)));
    if (NUMBER.test(type) || isSafe) return { name, type: 'number', unit: '', values: values.map(numberOf) };
    const isText = values.every((value) => value === null || typeof value === 'string');
    if (isText) return { name, type: 'text', values: values.map((value) => (value === null ? 'NULL' : String(value))) };
    return { name, type: 'value', values: values as AttributeValue[] };
  });
  return { name: 'answer', length: data.length, fields };
}

function timeOf(value: unknown): number {
  return Date.parse(`${String(value).replace(' ', 'T')}Z`);
}

/** `nan` and `inf` come as texts. */
function numberOf(value: unknown): number | null {
  if (value === null) return null;
  const number = typeof value === 'number' ? value : Number(String(value).replace('inf', 'Infinity'));
  return Number.isNaN(number) ? null : number;
}

const MOST_LINES = 20;
/** Of a line, on average. */
const LEAST_POINTS = 1.5;

export interface SqlChart {
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  /** Lines that were left out, those with the least. */
  readonly leftOut: number;
}

/**
 * The answer over time: a line for each column of numbers and each combination of texts. Undefined where there is no time or no number, and where most lines
 * would be single points: rows such as those of `SELECT * FROM spans` are read and not drawn.
 */
export function chartOfSql(frame: Frame): SqlChart | undefined {
  const time = frame.fields.find((field) => field.type === 'time');
  const numbers = frame.fields.filter((field) => field.type === 'number');
  if (time === undefined || time.type !== 'time' || numbers.length === 0 || frame.length === 0) return undefined;
  const times = [...new Set(time.values)].filter((ms) => Number.isFinite(ms)).sort((a, b) => a - b);
  const stepMs = stepOf(times);
  if (stepMs === undefined) return undefined;
  const count = Math.round((times.at(-1)! - times[0]!) / stepMs) + 1;
  if (count > MOST_STEPS) return undefined;
  const texts = frame.fields.filter((field) => field.type === 'text');
  const lines = new Map<string, (number | null)[]>();
  for (let row = 0; row < frame.length; row++) {
    const place = Math.round((time.values[row]! - times[0]!) / stepMs);
    const group = texts.map((field) => (field.type === 'text' ? field.values[row] : '')).join(' ');
    for (const field of numbers as NumberField[]) {
      const name = numbers.length > 1 ? `${group} ${field.name}`.trim() : group || field.name;
      let values = lines.get(name);
      if (values === undefined) {
        values = new Array<number | null>(count).fill(null);
        lines.set(name, values);
      }
      values[place] = field.values[row] ?? null;
    }
  }
  if (frame.length * numbers.length < LEAST_POINTS * lines.size) return undefined;
  const total = (values: readonly (number | null)[]): number =>
    values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
  // Split by service alone, lines have the hues that services have everywhere.
  const isByService = numbers.length === 1 && texts.length === 1 && SERVICE_COLUMNS.has(texts[0]!.name);
  const shown = [...lines].sort(([, a], [, b]) => total(b) - total(a)).slice(0, MOST_LINES);
  const fields: Field[] = [
    { name: 'time', type: 'time', values: Array.from({ length: count }, (_, i) => times[0]! + i * stepMs) },
    ...shown.map(([name, values], series): Field => {
      return { name, type: 'number', unit: '', values, tone: isByService ? { service: name } : { series } };
    }),
  ];
  return {
    frame: { name: 'chart', length: count, stepMs, fields },
    fromMs: times[0]!,
    toMs: times[0]! + count * stepMs,
    leftOut: lines.size - shown.length,
  };
}

const MOST_STEPS = 5000;
/** As our views call it, as otelcol's tables do, and as the resource has it. */
const SERVICE_COLUMNS: ReadonlySet<string> = new Set(['service', 'service_name', 'ServiceName', 'service.name']);

/** The least distance between two times; undefined for a single one. */
function stepOf(times: readonly number[]): number | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) least = Math.min(least, times[i]! - times[i - 1]!);
  return Number.isFinite(least) && least > 0 ? least : undefined;
}

/** Bars: the columns of texts against the first of numbers. Undefined where one of them is missing, and where there is more text than names a bar. */
export function barsOfSql(
  frame: Frame,
): { readonly names: readonly string[]; readonly values: readonly number[]; readonly unit: string } | undefined {
  const texts = frame.fields.filter((field) => field.type === 'text');
  const number = frame.fields.find((field) => field.type === 'number');
  if (texts.length === 0 || texts.length > MOST_TEXTS || number?.type !== 'number' || frame.length === 0)
    return undefined;
  const rows = Array.from({ length: Math.min(frame.length, MOST_BARS) }, (_, row) => row);
  return {
    names: rows.map((row) => texts.map((field) => (field.type === 'text' ? field.values[row] : '')).join(' ')),
    values: rows.map((row) => number.values[row] ?? 0),
    unit: number.name,
  };
}

const MOST_BARS = 50;
const MOST_TEXTS = 3;
