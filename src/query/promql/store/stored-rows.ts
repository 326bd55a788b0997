import { OWN_SCOPE } from '#base';
import {
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  PROMETHEUS_SCOPE,
  TEMPORALITY_UNSPECIFIED,
} from '#pdata';
import { readResources } from '../../plan/index.ts';
import {
  KeptById,
  plainValue,
  type ReadOptions,
  type StoredAttribute,
  type StoreReader,
  type Table,
} from '../../reader/index.ts';
import { ownerMeets, scopes } from '../../source/index.ts';
import { integer, raw, type Sql, sql, text } from '../../sql/index.ts';
import { Labels } from '../labels.ts';
import type { Sharing } from '../source.ts';
import { type ResourceTexts, withResource } from './resource-labels.ts';

/** A stored series. What it is never changes, as its id is a hash of that; when it was seen does, and the bounds of histograms. */
export interface StoredRow {
  /** Of the store, as a text. */
  readonly id: string;
  /** METRIC_*. */
  readonly type: number;
  /** A histogram of Prometheus' own, pushed or recorded: a native one and nothing else. */
  readonly isNative: boolean;
  readonly isDelta: boolean;
  /** A native histogram of Prometheus' own that may fall. */
  readonly isGauge: boolean;
  /** Cumulative, and only growing. */
  readonly isCounter: boolean;
  /** Of its numbers, but for quantiles. */
  readonly sharing: Sharing;
  /** OTLP's name of the metric. */
  readonly metric: string;
  /** Prometheus' name, without a suffix of a part. */
  readonly prometheusName: string;
  /** Without the name; with those of its resource. */
  readonly labels: Labels;
  readonly resourceId: number | bigint;
  /** The resource wasn't there: its labels are missing. */
  readonly lacksResource: boolean;
  /** Characters of its labels. */
  readonly textLength: number;
  /** Of all bounds that an explicit histogram was seen with. */
  readonly boundsIds: readonly string[];
  /** Since when it is there, and until when, in seconds; right to the hour. */
  firstS: number;
  lastS: number;
}

const ATTRIBUTE_BYTES = 4096;
const NO_RESOURCE = 0;
const DELTA = 1;
/** Types whose numbers, but for quantiles, are counters whatever the metric says. */
const COUNTING: ReadonlySet<number> = new Set([METRIC_HISTOGRAM, METRIC_SUMMARY]);

const IS_PUSHED = ownerMeets(scopes, sql`name = ${text(PROMETHEUS_SCOPE)}`);
/** Of a row of series: a histogram of Prometheus' own, see StoredRow. */
export const IS_NATIVE: Sql = sql`(stored.type = ${integer(METRIC_HISTOGRAM)} AND ${IS_PUSHED})`;

const SEEN = raw(
  'toUnixTimestamp(min(stored.first_seen)) AS first_s, toUnixTimestamp(max(stored.last_seen)) AS last_s',
);

/** By id. `rows` stands behind the columns: from where, under which conditions. With `ownJob`, what Signalbox says of itself is of that job. */
export async function readStoredRows(
  reader: StoreReader,
  rows: Sql,
  { limit, ownJob }: { readonly limit: number; readonly ownJob?: string | undefined },
  options: ReadOptions,
): Promise<Map<number | bigint, StoredRow>> {
  const table = await reader.read(
    sql`SELECT series_id, any(stored.type) AS kind, any(stored.temporality) AS how, any(stored.monotonic) AS grows,
      any(stored.name) AS metric, any(stored.prometheus_name) AS prometheus, any(stored.labels) AS label_list, any(stored.resource_id) AS owner_id,
      any(${IS_NATIVE}) AS is_native,
      any(stored.type IN (${integer(METRIC_HISTOGRAM)}, ${integer(METRIC_EXPONENTIAL_HISTOGRAM)})
        AND stored.temporality = ${integer(TEMPORALITY_UNSPECIFIED)} AND ${IS_PUSHED}) AS is_gauge,
      groupUniqArrayArray(stored.bounds_ids) AS bounds_list, ${SEEN}
    ${rows} GROUP BY series_id LIMIT ${integer(limit)}`,
    options,
  );
  const resourceIds = table.column<number | bigint>('owner_id');
  const resources = await readResourceTexts(reader, resourceIds, options);
  const types = table.vector('kind');
  const temporalities = table.vector('how');
  const grows = table.vector('grows');
  const natives = table.vector('is_native');
  const gauges = table.vector('is_gauge');
  const metrics = table.strings('metric');
  const names = table.strings('prometheus');
  const labels = table.column<readonly string[]>('label_list');
  const pairs = new LabelPairs();
  const found = new Map<number | bigint, StoredRow>();
  const bounds = table.column<readonly (number | bigint)[]>('bounds_list');
  const [first, last] = [table.vector('first_s'), table.vector('last_s')];
  table.column<number | bigint>('series_id').forEach((id, row) => {
    const type = types[row]!;
    const written = Labels.of(pairs.of(labels[row]!));
    const own =
      ownJob !== undefined && written.get('otel_scope_name') === OWN_SCOPE ? written.with('job', ownJob) : written;
    const resource = resources.get(resourceIds[row]!);
    const isDelta = temporalities[row] === DELTA;
    const isCounter = !isDelta && (COUNTING.has(type) || grows[row] === 1);
    found.set(id, {
      id: String(id),
      type,
      isNative: natives[row] === 1,
      isDelta,
      isGauge: gauges[row] === 1,
      isCounter,
      sharing: isCounter ? 'counter' : type === METRIC_SUM ? 'level' : 'gauge',
      metric: metrics[row]!,
      prometheusName: names[row]!,
      labels: withResource(own, resource ?? NO_TEXTS),
      resourceId: resourceIds[row]!,
      lacksResource: resource === undefined && Number(resourceIds[row]) !== NO_RESOURCE,
      textLength: labels[row]!.reduce((sum, label) => sum + label.length, 0),
      boundsIds: bounds[row]!.map(String),
      firstS: first[row]!,
      lastS: last[row]!,
    });
  });
  return found;
}

/** A row per series: which there are, when they were seen (`first_s`, `last_s`) and with how many bounds (`bounds_count`). */
export function readSeen(reader: StoreReader, rows: Sql, limit: number, options: ReadOptions): Promise<Table> {
  return reader.read(
    sql`SELECT series_id, length(groupUniqArrayArray(stored.bounds_ids)) AS bounds_count, ${SEEN}
      ${rows} GROUP BY series_id LIMIT ${integer(limit)}`,
    options,
  );
}

const NO_TEXTS: ResourceTexts = new Map();

/** `job=x` → job, x. Most series share most of their labels: each pair is made once. */
class LabelPairs {
  readonly #pairs = new Map<string, readonly [name: string, value: string]>();

  /** Without the name. */
  of(labels: readonly string[]): (readonly [name: string, value: string])[] {
    const pairs: (readonly [string, string])[] = [];
    for (const label of labels) {
      const pair = this.#pairs.get(label) ?? this.#split(label);
      if (pair[0] !== '__name__') pairs.push(pair);
    }
    return pairs;
  }

  #split(label: string): readonly [string, string] {
    const at = label.indexOf('=');
    const pair = [label.slice(0, at), label.slice(at + 1)] as const;
    this.#pairs.set(label, pair);
    return pair;
  }
}

const KEPT = new KeptById<ResourceTexts>(8 * 1024 * 1024, (texts) => {
  let bytes = 0;
  for (const [key, value] of texts) bytes += PAIR_BYTES + key.length + value.length;
  return bytes;
});
const PAIR_BYTES = 100;

export async function readResourceTexts(
  reader: StoreReader,
  ids: Iterable<number | bigint>,
  options: ReadOptions,
): Promise<ReadonlyMap<number | bigint, ResourceTexts>> {
  const { found, missing } = KEPT.find(reader, ids);
  // An id of none says that there is none.
  const unknown = missing.filter((id) => Number(id) !== NO_RESOURCE);
  if (unknown.length === 0) return found;
  for (const [id, { attributes, cut }] of await readResources(reader, unknown, ATTRIBUTE_BYTES, options)) {
    const texts = textsOf(attributes);
    found.set(id, texts);
    // How much of them is cut depends on how many were read.
    if (cut === undefined) KEPT.keep(reader, id, texts);
  }
  return found;
}

function textsOf(attributes: readonly StoredAttribute[]): ResourceTexts {
  return new Map(
    attributes.map(({ key, value }) => {
      const plain = plainValue(value);
      return [key, typeof plain === 'object' ? JSON.stringify(plain) : String(plain)] as const;
    }),
  );
}
