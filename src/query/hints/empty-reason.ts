/**
 * Why a search found nothing: how many items meet each condition alone and how many meet all but that one, in one pass over a bounded
 * number of the newest items of the range; and for a value that does not occur, the values that do and look most like it.
 */

import {
  classifyValue,
  type FilterNode,
  type FilterSignal,
  parseFilter,
  printKey,
  printValue,
  resolveField,
} from '#lang/filter';
import type { EmptyReason, EmptyReasonCondition } from '../answers/index.ts';
import { type LogFilter, logCondition } from '../logs/index.ts';
import { nearestTime } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { logs, spans, type TimeRange } from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import { spanCondition, type TraceFilter } from '../traces/index.ts';
import { listAttributeKeys, listAttributeValues } from './attributes.ts';
import { nearestWords } from './words.ts';

/** One condition of a search as it was asked. */
interface Asked {
  readonly parameter: string;
  readonly text: string;
  readonly condition: Sql;
  readonly withoutQ?: string;
  /** The field and value to which something like it is looked for, and the filter with another in its place. */
  readonly wanted?: {
    readonly key: string;
    readonly value: string;
    readonly withValue: (value: string) => string | undefined;
    readonly withKey: (key: string) => string | undefined;
  };
}

const ITEMS_OF = { traces: spans, logs } as const;
type ExplainedSignal = keyof typeof ITEMS_OF;

const LOOKED_AT_ROWS = 1_000_000;
/** What is written beyond this counts as one. */
const MAX_CONDITIONS = 16;
/** Each asks for the values of a field. */
const MAX_SUGGESTING = 3;
const MAX_VALUES = 1000;
const MAX_KEYS = 200;
const SHOWN_SUGGESTIONS = 3;
const TIMEOUT_MS = 4_000;

export async function explainEmptyTraces(
  reader: StoreReader,
  filter: TraceFilter,
  options?: ReadOptions,
): Promise<EmptyReason> {
  const { q, matching, service, operation, minDurationNs, maxDurationNs, status, environment } = filter;
  const asked: Asked[] = [];
  const add = async (parameter: string, text: string, part: Parameters<typeof spanCondition>[0]): Promise<void> => {
    asked.push({ parameter, text, condition: await spanCondition(part, filter), ...wantedOf(parameter, text) });
  };
  if (environment) await add('environment', environment, { environment });
  if (service !== undefined) await add('service', service, { service });
  if (operation) await add('operation', operation, { operation });
  if (minDurationNs !== undefined) await add('minDurationNs', String(minDurationNs), { minDurationNs });
  if (maxDurationNs !== undefined) await add('maxDurationNs', String(maxDurationNs), { maxDurationNs });
  if (status !== undefined) {
    asked.push({ parameter: 'status', text: status, condition: raw(`status_code ${status === 'ok' ? '!=' : '='} 2`) });
  }
  if (matching !== undefined)
    asked.push({ parameter: 'q', text: matching.query, condition: matching.condition, withoutQ: '' });
  asked.push(...(await termsOf(q, 'traces', (term) => spanCondition({ q: term }, filter))));
  return explain(reader, 'traces', filter, asked, options);
}

export async function explainEmptyLogs(
  reader: StoreReader,
  filter: LogFilter,
  options?: ReadOptions,
): Promise<EmptyReason> {
  const { fromMs, toMs, q, service, severities, traceId, environment } = filter;
  const asked: Asked[] = [];
  const add = async (parameter: string, text: string, part: Partial<LogFilter>): Promise<void> => {
    const condition = await logCondition({ fromMs, toMs, ...part });
    asked.push({ parameter, text, condition, ...wantedOf(parameter, text) });
  };
  if (environment) await add('environment', environment, { environment });
  if (service) await add('service', service, { service });
  if (severities !== undefined && severities.length > 0) await add('severity', severities.join(', '), { severities });
  if (traceId) await add('traceId', traceId, { traceId });
  asked.push(...(await termsOf(q, 'logs', (term) => logCondition({ fromMs, toMs, q: term }))));
  return explain(reader, 'logs', filter, asked, options);
}

/** Parameters that are the value of a field. */
function wantedOf(parameter: string, value: string): Pick<Asked, 'wanted'> {
  const key = { service: 'service', operation: 'name' }[parameter];
  return key === undefined ? {} : { wanted: { key, value, withValue: () => undefined, withKey: () => undefined } };
}

/** What a filter joins by AND, each with what the filter is without it. */
async function termsOf(
  q: string | undefined,
  signal: FilterSignal,
  compile: (term: string) => Promise<Sql>,
): Promise<readonly Asked[]> {
  const parsed = parseFilter(q ?? '');
  // A text that can't be read is refused where it is compiled.
  if (!parsed.ok) await compile(q!);
  if (!parsed.ok || parsed.filter === undefined) return [];
  const nodes: readonly FilterNode[] = parsed.filter.kind === 'and' ? parsed.filter.items : [parsed.filter];
  const written = nodes.map(({ start, end }) => q!.slice(start, end));
  const shown = nodes.length <= MAX_CONDITIONS ? nodes : nodes.slice(0, MAX_CONDITIONS - 1);
  const withTerm = (row: number, term: string): string => written.with(row, term).filter(Boolean).join(' ');
  const terms = shown.map(async (node, row): Promise<Asked> => {
    const text = written[row]!;
    return {
      parameter: 'q',
      text,
      condition: await compile(text),
      withoutQ: withTerm(row, ''),
      ...wantedOfTerm(node, signal, (term) => withTerm(row, term)),
    };
  });
  if (shown.length < nodes.length) {
    const text = written.slice(shown.length).join(' ');
    terms.push(
      compile(text).then((condition) => ({
        parameter: 'q',
        text,
        condition,
        withoutQ: withoutRest(written, shown.length),
      })),
    );
  }
  return Promise.all(terms);
}

function withoutRest(written: readonly string[], count: number): string {
  return written.slice(0, count).join(' ');
}

/** Only `key=value` names one value that may be misspelt. */
function wantedOfTerm(
  node: FilterNode,
  signal: FilterSignal,
  withTerm: (term: string) => string,
): Pick<Asked, 'wanted'> {
  if (node.kind !== 'compare' || node.operator !== '=') return {};
  const key = node.key.text;
  const place = { start: 0, end: 0 };
  return {
    wanted: {
      key,
      value: node.value.text,
      withValue: (value) => withTerm(`${printKey(key)}=${printValue(classifyValue(value, place))}`),
      withKey: (other) =>
        resolveField(key, signal).kind === 'intrinsic'
          ? undefined
          : withTerm(`${printKey(other)}=${printValue(node.value)}`),
    },
  };
}

async function explain(
  reader: StoreReader,
  signal: ExplainedSignal,
  range: TimeRange,
  asked: readonly Asked[],
  options?: ReadOptions,
): Promise<EmptyReason> {
  const counts = await count(reader, signal, range, asked, options);
  const { lookedAt } = counts;
  const nearestMs = lookedAt > 0 ? undefined : await nearestTime(reader, ITEMS_OF[signal], raw('1'), range, options);
  const missing = asked.filter(({ wanted }, row) => wanted !== undefined && lookedAt > 0 && counts.alone[row] === 0);
  const suggested = new Map(
    await Promise.all(
      missing
        .slice(0, MAX_SUGGESTING)
        .map(async (one) => [one, await suggest(reader, signal, range, one, options)] as const),
    ),
  );
  const conditions = asked.map((one, row): EmptyReasonCondition => {
    const { suggestions, areAlike } = suggested.get(one) ?? { suggestions: [], areAlike: false };
    const { parameter, text, withoutQ } = one;
    const alone = counts.alone[row]!;
    return {
      parameter,
      text,
      alone,
      without: counts.without[row]!,
      ...(withoutQ !== undefined && { withoutQ }),
      suggestions,
      areAlike,
    };
  });
  return {
    lookedAt,
    all: lookedAt < LOOKED_AT_ROWS,
    conditions,
    ...(nearestMs !== undefined && { nearestMs }),
  };
}

interface Counts {
  readonly lookedAt: number;
  readonly alone: readonly number[];
  readonly without: readonly number[];
}

/** Each condition is looked at once per item. The newest items come in the order of the sort key, so that no more is read than is taken. */
async function count(
  reader: StoreReader,
  signal: ExplainedSignal,
  range: TimeRange,
  asked: readonly Asked[],
  options?: ReadOptions,
): Promise<Counts> {
  const met = asked.map(({ condition }) => sql`toUInt8(ifNull(${condition}, 0))`);
  const list = met.length === 0 ? raw("CAST([], 'Array(UInt8)')") : sql`[${joinSql(met, ', ')}]`;
  const others = raw(String(Math.max(0, asked.length - 1)));
  const table = await reader.read(
    sql`SELECT count() AS looked_at, sumForEach(met) AS alone,
        sumForEach(arrayMap(one -> toUInt8(arraySum(met) - one = ${others}), met)) AS without
      FROM (SELECT ${list} AS met ${ITEMS_OF[signal].in(range)}
        ORDER BY ${ITEMS_OF[signal].bucket} DESC LIMIT ${new Bound('UInt32', LOOKED_AT_ROWS)})`,
    { ...options, cost: 'bounded', timeoutMs: TIMEOUT_MS },
  );
  const numbers = (name: string): readonly number[] => {
    const values = (table.column<readonly (number | bigint)[]>(name)[0] ?? []).map(Number);
    return asked.map((_, row) => values[row] ?? 0);
  };
  return { lookedAt: table.numbers('looked_at')[0] ?? 0, alone: numbers('alone'), without: numbers('without') };
}

/** What the range has in place of a value that it lacks; help, not truth, so that a failure gives none. */
async function suggest(
  reader: StoreReader,
  signal: ExplainedSignal,
  range: TimeRange,
  { wanted }: Asked,
  options?: ReadOptions,
): Promise<Pick<EmptyReasonCondition, 'suggestions' | 'areAlike'>> {
  const { key, value, withValue, withKey } = wanted!;
  const within = { fromMs: range.fromMs, toMs: range.toMs, signal };
  try {
    const values = await listAttributeValues(reader, { ...within, key, limit: MAX_VALUES }, options);
    if (values.length === 0 || values.every(({ count }) => count === 0)) {
      const keys = (await listAttributeKeys(reader, within, options)).slice(0, MAX_KEYS).map((one) => one.key);
      const alike = nearestWords(key, keys, SHOWN_SUGGESTIONS).flatMap((other) => {
        const q = other === key ? undefined : withKey(other);
        return q === undefined ? [] : [{ value: other, count: 0, q }];
      });
      return { suggestions: alike, areAlike: alike.length > 0 };
    }
    const counts = new Map(values.map((one) => [one.value, one.count]));
    const alike = nearestWords(value, [...counts.keys()], SHOWN_SUGGESTIONS);
    const shown = alike.length > 0 ? alike : [...counts.keys()].slice(0, SHOWN_SUGGESTIONS);
    return {
      suggestions: shown.map((one) => {
        const q = withValue(one);
        return { value: one, count: counts.get(one)!, ...(q !== undefined && { q }) };
      }),
      areAlike: alike.length > 0,
    };
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    return { suggestions: [], areAlike: false };
  }
}
