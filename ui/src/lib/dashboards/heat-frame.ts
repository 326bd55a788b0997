/** What heatmaps show of a panel's answers: counts by time and bucket. */
import { formatUnit, isObject, type Panel } from '#dashboards';
import { visibleText } from '../foreign-text.ts';
import { type Frame, frameOfLines, type NumberField } from '../frame.ts';
import { numberOf } from '../prometheus.ts';
import { niceStep } from '../ticks.ts';
import { type PanelData, type PanelSeries, writingOf } from './panel-data.ts';

export interface Heat {
  readonly frame: Frame;
  /** The upper bound of each bucket, where they are known. */
  readonly bounds: readonly number[];
}

const MOST_BUCKETS = 200;
const USUAL_BUCKETS = 20;

/** The series are the buckets, from the smallest to the largest; or what buckets of one width hold of their values, where the panel says so. */
export function heatOf(panel: Panel, { series, grid }: PanelData): Heat {
  const drawn = series.filter(({ values }) => values.length === grid.count);
  const unit = isObject(panel.options.yAxis) ? String(panel.options.yAxis.unit ?? '') : '';
  const write = (bound: number): string =>
    Number.isFinite(bound) ? formatUnit(unit || panel.defaults.unit, bound) : '∞';
  const rows = panel.options.calculate === true ? counted(panel, drawn, grid.count) : bucketsOf(drawn);
  const lines = rows.slice(0, MOST_BUCKETS).map(({ bound, name, values, from }) => ({
    name: visibleText(bound === undefined ? name : write(bound)),
    unit: '1',
    ...(from === undefined ? { isCount: true as const } : { writing: writingOf(from.options) }),
    values: values.map((value) => (value === null || !Number.isFinite(value) ? null : value)),
  })) satisfies readonly Omit<NumberField, 'type'>[];
  const bounds = rows.flatMap(({ bound }) => bound ?? []);
  return {
    frame: frameOfLines(visibleText(panel.title), grid, lines),
    bounds: bounds.length === rows.length ? bounds : [],
  };
}

interface Bucket {
  readonly bound: number | undefined;
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly from: PanelSeries | undefined;
}

function bucketsOf(series: readonly PanelSeries[]): readonly Bucket[] {
  const buckets = series.map((from): Bucket => {
    const text = from.labels.le ?? from.name;
    const bound = text.trim() === '' ? Number.NaN : numberOf(text);
    return { bound: Number.isNaN(bound) ? undefined : bound, name: from.name, values: from.values, from };
  });
  if (buckets.some(({ bound }) => bound === undefined))
    return buckets.map((bucket) => ({ ...bucket, bound: undefined }));
  return sameTogether(buckets.toSorted((a, b) => a.bound! - b.bound!));
}

/** Buckets of several histograms with one bound are one. */
function sameTogether(sorted: readonly Bucket[]): readonly Bucket[] {
  const out: Bucket[] = [];
  for (const bucket of sorted) {
    const last = out.at(-1);
    if (last?.bound !== bucket.bound) out.push(bucket);
    else
      out[out.length - 1] = {
        ...bucket,
        values: bucket.values.map((value, i) => {
          const before = last?.values[i] ?? null;
          return value === null ? before : value + (before ?? 0);
        }),
      };
  }
  return out;
}

function counted({ options }: Panel, series: readonly PanelSeries[], count: number): readonly Bucket[] {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null && Number.isFinite(value)));
  const [least, most] = [
    all.reduce<number>((a, b) => Math.min(a, b!), Number.POSITIVE_INFINITY),
    all.reduce<number>((a, b) => Math.max(a, b!), Number.NEGATIVE_INFINITY),
  ];
  if (all.length === 0) return [];
  const calculation = isObject(options.calculation) ? options.calculation : {};
  const said = isObject(calculation.yBuckets) ? calculation.yBuckets : {};
  const value = Number(said.value);
  const isSize = said.mode !== 'count' && value > 0;
  const size = Math.max(
    isSize ? value : niceStep((most - least || 1) / (value > 0 ? value : USUAL_BUCKETS)),
    (most - least) / MOST_BUCKETS,
  );
  const first = Math.floor(least / size);
  const rows = Array.from({ length: Math.floor(most / size) - first + 1 }, () => new Array<number>(count).fill(0));
  for (const { values } of series)
    for (const [i, each] of values.entries())
      if (each !== null && Number.isFinite(each)) rows[Math.floor(each / size) - first]![i]! += 1;
  return rows.map((values, i) => ({ bound: (first + i + 1) * size, name: '', values, from: undefined }));
}
