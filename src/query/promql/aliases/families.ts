import { ATTRIBUTE_NAMES, type ConventionMetric, METRIC_NAMES } from '#lang';
import { METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, prometheusLabelName, prometheusMetricName } from '#pdata';

/** The names of the semantic conventions as Prometheus has them. */

/** Labels that are one, that of today first. */
export type LabelGroup = readonly string[];

/** A metric under its names. */
export interface Family {
  /** Without a suffix of a part; that of today first. */
  readonly names: readonly { readonly name: string; readonly unit: string }[];
  /** Of labels that are other ones on other metrics. */
  readonly groups: ReadonlyMap<string, LabelGroup>;
}

function byLabel(attributes: readonly (readonly string[])[]): ReadonlyMap<string, LabelGroup> {
  const groups = attributes.map((names) => names.map(prometheusLabelName));
  return new Map(groups.flatMap((group) => group.map((label) => [label, group] as const)));
}

const TYPES: Readonly<Record<ConventionMetric['kind'], number>> = {
  counter: METRIC_SUM,
  gauge: METRIC_GAUGE,
  histogram: METRIC_HISTOGRAM,
  upDownCounter: METRIC_SUM,
};

const FAMILIES: readonly Family[] = METRIC_NAMES.map(({ kind, names, attributes }) => ({
  names: names.map(([name, unit]) => ({
    name: prometheusMetricName(name, unit, TYPES[kind], kind === 'counter'),
    unit,
  })),
  groups: byLabel(attributes),
}));
const BY_NAME = new Map(FAMILIES.flatMap((family) => family.names.map(({ name }) => [name, family] as const)));
const GROUPS = byLabel(ATTRIBUTE_NAMES);

/** Where a series' name stands: `place` among the family's names, and the suffix of the part that it is. */
export interface FamilyPlace {
  readonly family: Family;
  readonly place: number;
  readonly suffix: string;
}

export function familyOf(name: string): FamilyPlace | undefined {
  const [, base, part] = /^(.+)(_bucket|_count|_sum)$/.exec(name) ?? [];
  for (const [known, suffix] of [
    [name, ''],
    [base, part],
  ]) {
    const family = known === undefined ? undefined : BY_NAME.get(known);
    if (family !== undefined)
      return { family, place: family.names.findIndex((each) => each.name === known), suffix: suffix! };
  }
  return undefined;
}

/** The labels that are the same as this one on a metric, itself among them; undefined for a label that has one name only. */
export function labelGroup(label: string, family: Family | undefined): LabelGroup | undefined {
  const own = family?.groups.get(label);
  if (own !== undefined) return own;
  const general = GROUPS.get(label);
  if (general === undefined || family === undefined) return general;
  const others = general.filter((name) => !family.groups.has(name));
  return others.length > 1 ? others : undefined;
}

/** Milliseconds in a unit of time. */
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, ms: 1 };

/** How values become those of another unit: `value * times / by`, with whole numbers, so that what is exact stays it. */
export interface Ratio {
  readonly times: number;
  readonly by: number;
}

/** undefined where the unit is the same. */
export function ratioOf(from: string, to: string): Ratio | undefined {
  return from === to ? undefined : { times: UNIT_MS[from]!, by: UNIT_MS[to]! };
}
