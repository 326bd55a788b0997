import { type LabelMatcher, matcherTest } from '#lang/promql';
import { METRIC_HISTOGRAM, METRIC_SUMMARY } from '#pdata';
import { readResources } from '../../plan/index.ts';
import { plainValue, type ReadOptions, type StoreReader } from '../../reader/index.ts';
import type { TimeRange } from '../../source/index.ts';
import { integer, type Sql, sql } from '../../sql/index.ts';
import { Labels } from '../labels.ts';
import { PromqlExecutionError } from '../matrix.ts';
import { seriesRows } from './matching.ts';
import { nameOf, type Part, partsOf } from './names.ts';
import { type ResourceTexts, withResource } from './resource-labels.ts';

/** A stored series, and the labels that all of Prometheus' series of it have. */
export interface SeriesRow {
  /** Of the store, as a text. */
  readonly id: string;
  /** METRIC_*. */
  readonly type: number;
  readonly isDelta: boolean;
  /** Cumulative, and only growing. */
  readonly isCounter: boolean;
  /** OTLP's name of the metric. */
  readonly metric: string;
  /** Prometheus' name, without a suffix of a part. */
  readonly name: string;
  /** Without the name. */
  readonly labels: Labels;
  /** The parts whose names and labels the selector can mean; labels of a bucket are still to be looked at. */
  readonly parts: readonly Part[];
  /** Of all bounds that an explicit histogram was seen with. */
  readonly boundsIds: readonly string[];
}

/** More series than this a selector may not have. */
const MAX_SERIES = 200_000;
const ATTRIBUTE_BYTES = 4096;
const DELTA = 1;
/** Types whose numbers, but for quantiles, are counters whatever the metric says. */
const COUNTING: ReadonlySet<number> = new Set([METRIC_HISTOGRAM, METRIC_SUMMARY]);

/** Labels that the parts of a series don't share. */
const PART_LABELS: ReadonlySet<string> = new Set(['__name__', 'le', 'quantile']);

/** The series of a selector in a range, sorted by nothing. Throws PromqlExecutionError where there are too many. */
export async function findSeries(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
): Promise<SeriesRow[]> {
  const table = await reader.read(statement(matchers, range), options);
  if (table.rowCount > MAX_SERIES)
    throw new PromqlExecutionError(`the selector matches more than ${MAX_SERIES} series; narrow it by a label`);
  const resourceIds = table.column<number | bigint>('owner_id');
  const resources = await readResourceTexts(reader, resourceIds, options);
  const shared = matchers
    .filter(({ name }) => !PART_LABELS.has(name))
    .map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const isName = matchers.filter(({ name }) => name === '__name__').map(matcherTest);
  const types = table.vector('kind');
  const temporalities = table.vector('how');
  const grows = table.vector('grows');
  const metrics = table.strings('metric');
  const names = table.strings('prometheus');
  const labels = table.column<readonly string[]>('label_list');
  const bounds = table.column<readonly (number | bigint)[]>('bounds_list');
  const found: SeriesRow[] = [];
  table.column<number | bigint>('series_id').forEach((id, row) => {
    const type = types[row]!;
    const name = names[row]!;
    const parts = partsOf(type).filter((part) => isName.every((test) => test(nameOf(name, part))));
    if (parts.length === 0) return;
    const own = Labels.of(labels[row]!.map(splitLabel).filter(([label]) => label !== '__name__'));
    const all = withResource(own, resources.get(resourceIds[row]!) ?? NO_TEXTS);
    if (!shared.every((matcher) => matcher.test(all.get(matcher.name)))) return;
    const isDelta = temporalities[row] === DELTA;
    found.push({
      id: String(id),
      type,
      isDelta,
      isCounter: !isDelta && (COUNTING.has(type) || grows[row] === 1),
      metric: metrics[row]!,
      name,
      labels: all,
      parts,
      boundsIds: bounds[row]!.map(String),
    });
  });
  return found;
}

const NO_TEXTS: ResourceTexts = new Map();

function statement(matchers: readonly LabelMatcher[], range: TimeRange): Sql {
  return sql`SELECT series_id, any(stored.type) AS kind, any(stored.temporality) AS how, any(stored.monotonic) AS grows,
      any(stored.name) AS metric, any(stored.prometheus_name) AS prometheus, any(stored.labels) AS label_list, any(stored.resource_id) AS owner_id,
      groupUniqArrayArray(stored.bounds_ids) AS bounds_list
    ${seriesRows(matchers, range)} GROUP BY series_id LIMIT ${integer(MAX_SERIES + 1)}`;
}

/** `job=x` → job, x. */
function splitLabel(label: string): readonly [string, string] {
  const at = label.indexOf('=');
  return [label.slice(0, at), label.slice(at + 1)];
}

export async function readResourceTexts(
  reader: StoreReader,
  ids: Iterable<number | bigint>,
  options: ReadOptions,
): Promise<ReadonlyMap<number | bigint, ResourceTexts>> {
  const found = await readResources(reader, ids, ATTRIBUTE_BYTES, options);
  return new Map(
    Array.from(found, ([id, { attributes }]) => [
      id,
      new Map(
        attributes.map(({ key, value }) => {
          const plain = plainValue(value);
          return [key, typeof plain === 'object' ? JSON.stringify(plain) : String(plain)] as const;
        }),
      ),
    ]),
  );
}
