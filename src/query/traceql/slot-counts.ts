/** Counts of all spans, by service or in all, from what the writer counted in slots of a few seconds: hardly any span is looked at. */
import type { MetricStage, Stage } from '#lang/traceql';
import type { StoreReader } from '../reader/index.ts';
import { REQUEST_SLOT_MS, requestsIn, spans } from '../source/index.ts';
import { Bound, raw, type Sql, sql, texts } from '../sql/index.ts';
import { isAtPlaces, type ServicePlaces } from '../traces/attribute-places.ts';
import { type Budget, MAX_SERIES, tooMuch } from './limits.ts';
import { type CellExemplar, Groups, type Intervals } from './metric-cells.ts';
import { intervalOfNs, intervalSql } from './metric-sql.ts';

const SLOT_SECONDS = REQUEST_SLOT_MS / 1000;
/** Slots of which the spans are looked at, because an interval ends within them. Where there are more, all spans are counted. */
const MOST_CUT_SLOTS = 2_000;
/** Spans that are looked up to stand for others, of all series together: each costs a granule or two. */
const MOST_EXEMPLARS = 120;

/** Undefined where slots do not tell it: of spans under a condition, in other groups, and for steps that cut too many slots. */
export async function countInSlots(
  reader: StoreReader,
  stages: readonly Stage[],
  metric: MetricStage,
  intervals: Intervals,
  hasExemplars: boolean,
  budget: Budget,
): Promise<Groups | undefined> {
  const isOfAll = stages.every((stage) => stage.kind === 'filter' && stage.condition === undefined);
  const isCount = metric.operator === 'rate' || metric.operator === 'count_over_time';
  const [by, ...others] = metric.by;
  const isByService = by?.kind === 'attribute' && by.scope === 'resource' && !by.isParent && by.key === 'service.name';
  if (!isOfAll || !isCount || others.length > 0 || (by !== undefined && !isByService)) return undefined;
  const table = await reader.read(slotsOf(intervals), budget.options);
  const seconds = table.column<readonly number[]>('cut');
  const cut = table
    .strings('service_name')
    .map((service, row): ServicePlaces => ({ service, seconds: seconds[row]!.map(Number) }))
    .filter((one) => one.seconds.length > 0);
  if (cut.reduce((sum, one) => sum + one.seconds.length, 0) > MOST_CUT_SLOTS) return undefined;
  const groups = new Groups(MAX_SERIES);
  const add = (service: string, interval: number, count: number, exemplar?: CellExemplar): void => {
    const values = by === undefined ? [] : [service === '' ? undefined : ({ type: 'string', value: service } as const)];
    groups.add(values, undefined, interval, { count, sum: 0, min: 0, max: 0, exemplar });
    budget.spans += count;
  };
  const [services, wholes, counts] = [table.strings('service_name'), table.numbers('i'), table.numbers('n')];
  for (let row = 0; row < table.rowCount; row++) if (wholes[row]! >= 0) add(services[row]!, wholes[row]!, counts[row]!);
  if (cut.length > 0) {
    const rest = await reader.read(spansOf(cut, intervals), budget.options);
    const [names, numbers, found] = [rest.strings('service'), rest.numbers('i'), rest.numbers('n')];
    for (let row = 0; row < rest.rowCount; row++) add(names[row]!, numbers[row]!, found[row]!);
  }
  if (groups.isTooLarge) throw tooMuch(`${MAX_SERIES} series`);
  const [firsts, isOneSeries] = [table.bigints('first_ns'), by === undefined];
  const known = services.flatMap((service, row) =>
    wholes[row]! >= 0 ? [{ service, interval: wholes[row]!, ns: firsts[row]! }] : [],
  );
  if (hasExemplars && known.length > 0)
    for (const { service, interval, found } of await readExemplars(reader, spreadOut(known, isOneSeries), budget))
      add(service, interval, 0, found);
  return groups;
}

/** A span of which service, interval and time are known. */
interface KnownSpan {
  readonly service: string;
  readonly interval: number;
  readonly ns: bigint;
}

/** So many as may be looked up, from all over the series and intervals. */
function spreadOut(known: readonly KnownSpan[], isOneSeries: boolean): readonly KnownSpan[] {
  const all = isOneSeries ? [...new Map(known.map((one) => [one.interval, one])).values()] : [...known];
  all.sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : a.interval - b.interval));
  const step = Math.max(1, all.length / MOST_EXEMPLARS);
  return Array.from({ length: Math.min(all.length, MOST_EXEMPLARS) }, (_, i) => all[Math.floor(i * step)]!);
}

async function readExemplars(
  reader: StoreReader,
  known: readonly KnownSpan[],
  budget: Budget,
): Promise<readonly (KnownSpan & { readonly found: CellExemplar })[]> {
  const byService = Map.groupBy(known, ({ service }) => service);
  const places = [...byService].map(([service, own]) => ({
    service,
    seconds: own.map(({ ns }) => Number(ns / 1_000_000_000n)),
  }));
  const times = known.map(({ ns }) => ns);
  const [first, last] = [times.reduce((a, b) => (a < b ? a : b)), times.reduce((a, b) => (a > b ? a : b))];
  const anyOfThem = sql`fromUnixTimestamp64Nano(toInt64(arrayJoin(${texts(times.map(String))})), 'UTC')`;
  const table = await reader.read(
    sql`SELECT service_name AS service, toUnixTimestamp64Nano(time) AS at, any(trace_id) AS id
      ${spans.when(spans.between(first, last))} AND ${isAtPlaces({ services: places })} AND time IN (SELECT ${anyOfThem})
      GROUP BY service, at`,
    { ...budget.options, cost: 'bounded' },
  );
  const ids = new Map<string, string>();
  const [names, ats, traceIds] = [table.strings('service'), table.bigints('at'), table.strings('id')];
  for (let row = 0; row < table.rowCount; row++) ids.set(`${ats[row]} ${names[row]}`, traceIds[row]!);
  return known.flatMap((one) => {
    const traceId = ids.get(`${one.ns} ${one.service}`);
    return traceId === undefined ? [] : [{ ...one, found: { traceId, timeNs: one.ns, value: undefined } }];
  });
}

/** Per service and interval the spans of slots that lie in it as a whole; those of the others (i = -1) by the seconds in which they begin. */
function slotsOf(intervals: Intervals): Sql {
  const [first, last] = [intervals.firstNs, intervals.lastNs].map((ns) => new Bound('Int64', String(ns)));
  const range = {
    fromMs: Number(intervals.firstNs / 1_000_000n) - REQUEST_SLOT_MS,
    toMs: Number(intervals.lastNs / 1_000_000n) + 1,
  };
  const [ofFirst, ofLast] = [intervalOfNs(raw('first'), intervals), intervalOfNs(raw('last'), intervals)];
  return sql`SELECT service_name, if(is_whole, ${ofFirst}, -1) AS i, sum(slot_count) AS n, min(first) AS first_ns, groupArrayIf(second, NOT is_whole) AS cut
    FROM (SELECT *, first >= ${first!} AND last <= ${last!} AND ${ofFirst} = ${ofLast} AS is_whole
      FROM (SELECT service_name, second, min(toUnixTimestamp64Nano(first_time)) AS first, max(toUnixTimestamp64Nano(last_time)) AS last,
          sum(span_count) AS slot_count ${requestsIn(range)} GROUP BY service_name, second)
      WHERE last >= ${first!} AND first <= ${last!})
    GROUP BY service_name, i`;
}

/** The spans of these slots, counted one by one. */
function spansOf(cut: readonly ServicePlaces[], intervals: Intervals): Sql {
  const places = cut.map(({ service, seconds }) => ({
    service,
    seconds: seconds.flatMap((second) => Array.from({ length: SLOT_SECONDS }, (_, i) => second + i)),
  }));
  const which = new Bound(
    'Array(UInt32)',
    cut.flatMap(({ seconds }, i) => seconds.map(() => i + 1)),
  );
  const slots = new Bound(
    'Array(Int64)',
    cut.flatMap(({ seconds }) => seconds),
  );
  const slot = raw(`intDiv(toInt64(time), ${SLOT_SECONDS}) * ${SLOT_SECONDS}`);
  return sql`SELECT service_name AS service, ${intervalSql(intervals)} AS i, count() AS n
    ${spans.when(spans.between(intervals.firstNs, intervals.lastNs))} AND ${isAtPlaces({ services: places })}
      AND (service_name, ${slot}) IN (
        SELECT ${texts(cut.map(({ service }) => service))}[at.1], at.2 FROM (SELECT arrayJoin(arrayZip(${which}, ${slots})) AS at))
    GROUP BY service, i`;
}
