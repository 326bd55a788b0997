/** Counts of all spans, by service or in all, from what the writer counted in slots of a few seconds: hardly any span is looked at. */
import type { MetricStage, Stage } from '#lang/traceql';
import type { StoreReader } from '../reader/index.ts';
import { REQUEST_SLOT_MS, requestsIn, spans } from '../source/index.ts';
import { Bound, raw, type Sql, sql, texts } from '../sql/index.ts';
import { isAtPlaces, type ServicePlaces } from '../traces/attribute-places.ts';
import { type Budget, MAX_SERIES, tooMuch } from './limits.ts';
import { Groups, type Intervals } from './metric-cells.ts';
import { intervalOfNs, intervalSql } from './metric-sql.ts';

const SLOT_SECONDS = REQUEST_SLOT_MS / 1000;
/** Slots of which the spans are looked at, because an interval ends within them. Where there are more, all spans are counted. */
const MOST_CUT_SLOTS = 2_000;

/** Undefined where slots do not tell it: of spans under a condition, in other groups, and for steps that cut too many slots. */
export async function countInSlots(
  reader: StoreReader,
  stages: readonly Stage[],
  metric: MetricStage,
  intervals: Intervals,
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
  const add = (service: string, interval: number, count: number): void => {
    const values = by === undefined ? [] : [service === '' ? undefined : ({ type: 'string', value: service } as const)];
    groups.add(values, undefined, interval, { count, sum: 0, min: 0, max: 0, exemplar: undefined });
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
  return groups;
}

/** Per service and interval the spans of slots that lie in it as a whole; those of the others (i = -1) by the seconds in which they begin. */
function slotsOf(intervals: Intervals): Sql {
  const [first, last] = [intervals.firstNs, intervals.lastNs].map((ns) => new Bound('Int64', String(ns)));
  const range = {
    fromMs: Number(intervals.firstNs / 1_000_000n) - REQUEST_SLOT_MS,
    toMs: Number(intervals.lastNs / 1_000_000n) + 1,
  };
  const [ofFirst, ofLast] = [intervalOfNs(raw('first'), intervals), intervalOfNs(raw('last'), intervals)];
  return sql`SELECT service_name, if(is_whole, ${ofFirst}, -1) AS i, sum(slot_count) AS n, groupArrayIf(second, NOT is_whole) AS cut
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
