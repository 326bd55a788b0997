import { type Cell, type DataField, type DataFrame, plainField } from '../frames/data-frame.ts';
import { type JsonObject, numberOf, textOf } from '../json.ts';

/** Widths of buckets that people can read: 1, 2, 2.5, 4 and 5 at each power of ten, as Grafana has them; without 2.5 at 1. */
const WIDTHS: readonly number[] = Array.from({ length: 19 }, (_, i) => i - 9).flatMap((power) =>
  [1, 2, 2.5, 4, 5]
    .filter((step) => power !== 0 || step !== 2.5)
    .flatMap((step) => (power === -9 && step === 5 ? [5e-9] : [Number(`${step}e${power}`)])),
);
const DEFAULT_COUNT = 30;
/** More buckets than any drawing has pixels for. */
const BUCKETS_LIMIT = 10_000;

/** How often values are in each bucket: fields `xMin`, `xMax`, and the counts of each field of numbers, or of all together. */
export function histogramFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  if (frames.length === 0) return frames;
  const made = madeBefore(frames);
  if (made !== undefined) return [{ refId: 'histogram', meta: { type: 'histogram' }, ...made }];
  const fields = frames.flatMap((frame) => frame.fields.filter(({ type }) => type === 'number').map(withoutGaps));
  if (fields.length === 0) return [];
  const width = widthOf(fields, options);
  if (width === undefined) return [];
  const offset = positive(options.bucketOffset) ?? 0;
  const bucketOf = (value: number): number => rounded(Math.floor((value - offset) / width) * width + offset, 9);
  const counts = fields.map(({ values }) => countsOf(values, bucketOf));
  const starts = [...new Set(counts.flatMap((each) => [...each.keys()]))].sort((a, b) => a - b);
  if (starts.length > BUCKETS_LIMIT)
    throw new Error(`makes ${starts.length} buckets; at most ${BUCKETS_LIMIT} are drawn: take a larger bucket size`);
  return [
    {
      refId: 'histogram',
      meta: { type: 'histogram' },
      fields: [...edges(fields, starts, width), ...countFields(fields, counts, starts, options.combine === true)],
      length: starts.length,
    },
  ];
}

/** A frame that holds buckets already. */
function madeBefore(frames: readonly DataFrame[]): Pick<DataFrame, 'fields' | 'length'> | undefined {
  const [frame] = frames;
  if (frame === undefined || frames.length !== 1) return undefined;
  const isMin = ({ name }: DataField): boolean => name === 'xMin' || name === 'BucketMin';
  const isMax = ({ name }: DataField): boolean => name === 'xMax' || name === 'BucketMax';
  const [min, max] = [frame.fields.find(isMin), frame.fields.find(isMax)];
  const counts = frame.fields.filter((field) => !isMin(field) && !isMax(field) && field.type === 'number');
  if ((min === undefined && max === undefined) || counts.length === 0) return undefined;
  const { values } = (min ?? max)!;
  if ((min === undefined || max === undefined) && values.length < 2) return undefined;
  const width = rounded((values[1] as number) - (values[0] as number), 6);
  const beside = (sign: number): Cell[] => values.map((value) => (value as number) + sign * width);
  const low = min ?? { ...max!, name: 'xMin', values: beside(-1) };
  const high = max ?? { ...min!, name: 'xMax', values: beside(1) };
  return { fields: [low, high, ...counts], length: values.length };
}

function withoutGaps(field: DataField): DataField {
  const noValue = Number(field.config.noValue);
  const values =
    field.config.noValue === undefined || Number.isNaN(noValue)
      ? field.values.filter((value) => Number.isFinite(value))
      : field.values.map((value) => (value === null ? noValue : value));
  return { ...field, values };
}

function positive(value: JsonObject[string] | undefined): number | undefined {
  const number = typeof value === 'string' ? Number.parseFloat(value) : numberOf(value);
  return number === undefined || Number.isNaN(number) || number === 0 ? undefined : number;
}

/** The smallest width that makes no more buckets than are wanted and is no finer than the data. */
function widthOf(fields: readonly DataField[], options: JsonObject): number | undefined {
  const written = positive(options.bucketSize);
  if (written !== undefined && written > 0) return written;
  const values = fields.flatMap((field) => field.values as readonly number[]).sort((a, b) => a - b);
  let finest = values.length === 1 ? 1 : Number.POSITIVE_INFINITY;
  for (let i = 1; i < values.length; i++) {
    const step = values[i]! - values[i - 1]!;
    if (step !== 0 && step < finest) finest = step;
  }
  const target = (values.at(-1)! - values[0]!) / (positive(options.bucketCount) ?? DEFAULT_COUNT);
  // Values that are all alike are in one bucket.
  if (finest === Number.POSITIVE_INFINITY) return values.length === 0 ? undefined : 1;
  return WIDTHS.find((width) => target < width && width >= finest);
}

function countsOf(values: readonly Cell[], bucketOf: (value: number) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(value as number);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}

function edges(fields: readonly DataField[], starts: readonly number[], width: number): DataField[] {
  const decimals = (/\.\d+$/.exec(String(width))?.[0].length ?? 1) - 1;
  const config = fields.find((field) => textOf(field.config.unit))?.config ?? {};
  const own = decimals === 0 ? config : { ...config, decimals };
  return [
    { ...plainField('xMin', 'number', starts), config: own },
    {
      ...plainField(
        'xMax',
        'number',
        starts.map((start) => start + width),
      ),
      config: own,
    },
  ];
}

function countFields(
  fields: readonly DataField[],
  counts: readonly ReadonlyMap<number, number>[],
  starts: readonly number[],
  isCombined: boolean,
): DataField[] {
  const counted = fields.map((field, i): DataField => {
    const { unit, ...config } = field.config;
    return {
      ...field,
      config: unit === 'short' ? { ...config, unit } : config,
      values: starts.map((start) => counts[i]!.get(start) ?? 0),
    };
  });
  if (!isCombined) return counted;
  const values = starts.map((_, row) => counted.reduce((sum, each) => sum + (each.values[row] as number), 0));
  return [{ ...counted[0]!, name: 'count', values }];
}

function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor * (1 + Number.EPSILON)) / factor;
}
