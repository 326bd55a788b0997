/** Counts spans in the store, where their conditions, what they are grouped by and what is measured can all be told there. */
import type { FieldExpr, MetricStage, Stage } from '#lang/traceql';
import { leftJoin } from '../plan/index.ts';
import type { StoreReader, Table } from '../reader/index.ts';
import { ownerValues, resources, scopes, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import { type GroupField, groupField, measured } from './group-sql.ts';
import { type Budget, MAX_SAMPLES, MAX_SERIES, tooMuch } from './limits.ts';
import { Groups, type Intervals } from './metric-cells.ts';
import { exactCondition } from './span-sql.ts';

/** A metric that the store can answer. */
export interface MetricPlan {
  readonly condition: Sql;
  readonly groups: readonly GroupField[];
  readonly value: Sql | undefined;
  readonly hasBuckets: boolean;
}

/** Undefined where it can't. */
export function planMetric(stages: readonly Stage[], metric: MetricStage, range: TimeRange): MetricPlan | undefined {
  const condition = exactStages(stages, range);
  const groups = metric.by.map(groupField);
  const value = metric.of === undefined ? undefined : measured(metric.of);
  if (condition === undefined || groups.includes(undefined)) return undefined;
  if (metric.of !== undefined && value === undefined) return undefined;
  return {
    condition,
    groups: groups as readonly GroupField[],
    value,
    hasBuckets: metric.operator === 'quantile_over_time' || metric.operator === 'histogram_over_time',
  };
}

/** The spans that pass stages which are filters alone. */
export function exactStages(stages: readonly Stage[], range: TimeRange): Sql | undefined {
  const conditions: FieldExpr[] = [];
  for (const stage of stages) {
    if (stage.kind === 'select') continue;
    if (stage.kind !== 'filter') return undefined;
    if (stage.condition !== undefined) conditions.push(stage.condition);
  }
  const exact = conditions.map((condition) => exactCondition(condition, range));
  return exact.includes(undefined) ? undefined : allOf(exact as Sql[]);
}

/** The number of a span's interval. */
export function intervalSql(intervals: Intervals): Sql {
  return intervalOfNs(raw('toUnixTimestamp64Nano(time)'), intervals);
}

/** The number of the interval of a time in ns. */
export function intervalOfNs(ns: Sql, { startNs, stepNs, count }: Intervals): Sql {
  if (count === 1) return raw('toInt64(0)');
  const [start, step] = [new Bound('Int64', String(startNs - stepNs + 1n)), new Bound('Int64', String(stepNs))];
  return sql`intDiv(${ns} - ${start}, ${step})`;
}

const BUCKET: Sql = raw('if(roundToExp2(value) = value, value, 2 * roundToExp2(value))');

/** What spans are counted, by group and interval. Throws QueryError `too_large`. */
export async function countInStore(
  reader: StoreReader,
  plan: MetricPlan,
  intervals: Intervals,
  hasExemplars: boolean,
  budget: Budget,
): Promise<Groups> {
  const table = await reader.read(statementOf(plan, intervals, hasExemplars), budget.options);
  if (table.rowCount > MAX_SAMPLES) throw tooMuch(`${MAX_SAMPLES} samples`);
  const groups = new Groups(MAX_SERIES);
  for (let row = 0; row < table.rowCount; row++) addRow(groups, plan, table, row, hasExemplars);
  if (groups.isTooLarge) throw tooMuch(`${MAX_SERIES} series`);
  for (const count of table.numbers('n')) budget.spans += count;
  return groups;
}

type Found = readonly [string, number | bigint, number];

function addRow(
  groups: Groups,
  { groups: fields, hasBuckets, value }: MetricPlan,
  table: Table,
  row: number,
  hasExemplars: boolean,
): void {
  const measures = value !== undefined;
  const found = hasExemplars ? table.column<Found>('found')[row]! : undefined;
  groups.add(
    fields.map((field) => field.read(table, row)),
    hasBuckets ? table.column<number>('bucket')[row]! : undefined,
    Number(table.column<number | bigint>('i')[row]!),
    {
      count: Number(table.column<number | bigint>('n')[row]!),
      sum: measures ? table.column<number>('total')[row]! : 0,
      min: measures ? table.column<number>('least')[row]! : 0,
      max: measures ? table.column<number>('most')[row]! : 0,
      exemplar: found && { traceId: found[0], timeNs: BigInt(found[1]), value: measures ? found[2] : undefined },
    },
  );
}

function statementOf(
  { condition, groups, value, hasBuckets }: MetricPlan,
  intervals: Intervals,
  hasExemplars: boolean,
): Sql {
  const own = groups.flatMap((group) => group.own);
  const ofOwners = groups.flatMap(({ ofOwner }) => (ofOwner === undefined ? [] : [ofOwner]));
  const ids = [resources, scopes].filter((owners) => ofOwners.some((one) => one.owners === owners));
  const names = (list: readonly string[]): Sql => raw(list.map((name) => `, ${name}`).join(''));
  const keys = ['i', ...(hasBuckets ? ['bucket'] : []), ...own.map(({ name }) => name)];
  const innerKeys = raw([...keys, ...ids.map(({ idColumn }) => idColumn)].join(', '));
  const isMeasured = value !== undefined;
  const rows = sql`SELECT ${intervalSql(intervals)} AS i ${joinSql(
    own.map((one) => sql`, ${one.value} AS ${raw(one.name)}`),
    '',
  )}
    ${names(ids.map(({ idColumn }) => idColumn))}
    ${isMeasured ? sql`, assumeNotNull(${value}) AS value` : raw('')}
    ${hasExemplars ? raw(', trace_id, toUnixTimestamp64Nano(time) AS at') : raw('')}
    ${spans.when(spans.between(intervals.firstNs, intervals.lastNs))} AND ${condition}
    ${isMeasured ? sql` AND isNotNull(${value})` : raw('')}${hasBuckets ? sql` AND ${value!} >= 2 AND isFinite(${value!})` : raw('')}`;
  const measures = raw(isMeasured ? ', sum(value) AS total, min(value) AS least, max(value) AS most' : '');
  const exemplar = raw(hasExemplars ? `, any((trace_id, at, ${isMeasured ? 'value' : 'toFloat64(0)'})) AS found` : '');
  const bucket = hasBuckets ? sql`, ${BUCKET} AS bucket` : raw('');
  const counted = sql`SELECT ${raw(['i', ...own.map(({ name }) => name), ...ids.map(({ idColumn }) => idColumn)].join(', '))}${bucket},
    count() AS n${measures}${exemplar} FROM (${rows}) GROUP BY ${innerKeys}`;
  const limit = sql`LIMIT ${new Bound('UInt32', MAX_SAMPLES + 1)}`;
  if (ids.length === 0) return sql`${counted} ${limit}`;
  const joined = ids.map((owners) => {
    const values = ofOwners.filter((one) => one.owners === owners);
    const tuple = sql`tuple(${joinSql(
      values.map((one) => one.value),
      ', ',
    )})`;
    const as = `of_${owners.idColumn}`;
    return {
      join: leftJoin({ rows: ownerValues(owners, tuple, as), as: `known_${owners.idColumn}` }, [owners.idColumn]),
      values,
      as,
    };
  });
  const ownerColumns = joined.flatMap(({ values, as }) => values.map((one, i) => `${as}.${i + 1} AS ${one.name}`));
  const again = raw(isMeasured ? ', sum(sub.total) AS total, min(sub.least) AS least, max(sub.most) AS most' : '');
  return sql`SELECT ${raw([...keys, ...ownerColumns].join(', '))}, sum(sub.n) AS n${again}${raw(hasExemplars ? ', any(sub.found) AS found' : '')}
    FROM (${counted}) AS sub ${joinSql(
      joined.map(({ join }) => join),
      ' ',
    )}
    GROUP BY ${raw([...keys, ...ofOwners.map(({ name }) => name)].join(', '))} ${limit}`;
}
