import type { Cell, FieldType } from './data-frame.ts';

/** What a reducer looks at. */
export interface Reduced {
  readonly type: FieldType;
  readonly values: readonly Cell[];
}

interface Standard {
  readonly sum: number;
  readonly max: Cell;
  readonly min: Cell;
  readonly logmin: number;
  readonly mean: number | null;
  readonly last: Cell;
  readonly first: Cell;
  readonly lastNotNull: Cell;
  readonly firstNotNull: Cell;
  readonly count: number;
  readonly allIsNull: boolean;
  readonly allIsZero: boolean;
  readonly range: number | null;
  readonly diff: number | null;
  readonly delta: number;
  readonly step: number | null;
  readonly diffperc: number;
}

type Reduce = (field: Reduced, nulls: NullMode) => Cell;

interface Reducer {
  /** As a column is named that holds it. */
  readonly title: string;
  readonly reduce: Reduce;
  /** Of no value at all; undefined where there is none. */
  readonly ofNothing?: Cell;
}

/** Whether nulls are left out (as in figures), counted as they are, or taken for 0. */
export type NullMode = 'ignored' | 'counted' | 'zero';

/** All figures that take one look at the values. As @grafana/data 13.2.3 has them. */
function standardFigures({ type, values }: Reduced, nulls: NullMode): Standard {
  const isNumeric = type === 'number' || type === 'time';
  let [sum, count, present, delta] = [0, 0, 0, 0];
  let max = Number.NEGATIVE_INFINITY;
  let min = Number.POSITIVE_INFINITY;
  let logmin = Number.MAX_VALUE;
  let step = Number.POSITIVE_INFINITY;
  let firstNotNull: Cell = null;
  let lastNotNull: Cell = null;
  let isZero = true;
  let wentUp = true;
  for (const written of values) {
    if ((written === null || written === undefined) && nulls === 'ignored') continue;
    const value = (written === null || written === undefined) && nulls === 'zero' ? 0 : written;
    count++;
    if (value === null || value === undefined || Number.isNaN(value)) continue;
    if (isNumeric) {
      const number = value as number;
      sum += number;
      present++;
      if (firstNotNull !== null) {
        const grown = number - (lastNotNull as number);
        step = Math.min(step, grown);
        if (grown < 0) wentUp = false;
        else {
          if (wentUp) delta += grown;
          wentUp = true;
        }
      }
      max = Math.max(max, number);
      min = Math.min(min, number);
      if (number > 0 && number < logmin) logmin = number;
    }
    if (firstNotNull === null) firstNotNull = value;
    if (value !== 0) isZero = false;
    lastNotNull = value;
  }
  const allIsNull = present === 0;
  const diff = typeof firstNotNull === 'number' && typeof lastNotNull === 'number' ? lastNotNull - firstNotNull : null;
  return {
    ...{ sum, count, delta, logmin, firstNotNull, lastNotNull, allIsNull, diff },
    first: values[0] ?? (values.length === 0 ? null : values[0]),
    last: values.at(-1) ?? (values.length === 0 ? null : values.at(-1)),
    max: allIsNull ? null : max,
    min: allIsNull ? null : min,
    step: step === Number.POSITIVE_INFINITY ? null : step,
    mean: allIsNull ? null : sum / present,
    allIsZero: allIsNull ? false : isZero,
    range: allIsNull ? null : max - min,
    diffperc: diff === null ? 0 : (diff / (firstNotNull as number)) * 100,
  };
}

function isPresent(value: Cell): boolean {
  return value !== null && value !== undefined;
}

/** Of numbers alone, by Welford's method: what @grafana/data works out to the last digit. */
export function varianceOf(values: readonly Cell[]): number {
  let [squares, mean, count] = [0, 0, 0];
  for (const value of values) {
    if (!isPresent(value)) continue;
    const number = value as number;
    count++;
    const before = mean;
    mean += (number - before) / count;
    squares += (number - before) * (number - mean);
  }
  return count === 0 ? 0 : squares / count;
}

const varianceOfField: (field: Reduced) => number = ({ type, values }) =>
  type === 'number' || type === 'time' ? varianceOf(values) : 0;

function ascending(values: readonly Cell[]): Cell[] {
  return [...values].sort((a, b) => (a as number) - (b as number));
}

function seen({ values }: Reduced, nulls: NullMode): readonly Cell[] {
  if (nulls === 'counted') return values;
  return nulls === 'zero' ? values.map((value) => value ?? 0) : values.filter(isPresent);
}

function medianOf(field: Reduced, nulls: NullMode): Cell {
  const sorted = ascending(seen(field, nulls));
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[half];
  return ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

function percentileOf(field: Reduced, nulls: NullMode, share: number): Cell {
  const sorted = ascending(seen(field, nulls));
  return sorted[Math.round((sorted.length - 1) * share)];
}

function changesOf(field: Reduced, nulls: NullMode): number {
  const values = seen(field, nulls);
  return values.filter((value, i) => i > 0 && value !== values[i - 1]).length;
}

const standard =
  (name: keyof Standard): Reduce =>
  (field, nulls) =>
    standardFigures(field, nulls)[name];

const REDUCERS: ReadonlyMap<string, Reducer> = new Map<string, Reducer>([
  ['lastNotNull', { title: 'Last *', reduce: standard('lastNotNull') }],
  ['last', { title: 'Last', reduce: ({ values }) => values.at(-1) }],
  ['firstNotNull', { title: 'First *', reduce: standard('firstNotNull') }],
  ['first', { title: 'First', reduce: ({ values }) => values[0] }],
  ['min', { title: 'Min', reduce: standard('min') }],
  ['max', { title: 'Max', reduce: standard('max') }],
  ['mean', { title: 'Mean', reduce: standard('mean') }],
  ['median', { title: 'Median', reduce: medianOf }],
  ['variance', { title: 'Variance', reduce: varianceOfField }],
  ['stdDev', { title: 'StdDev', reduce: (field) => Math.sqrt(varianceOfField(field)) }],
  ['sum', { title: 'Total', reduce: standard('sum'), ofNothing: 0 }],
  ['count', { title: 'Count', reduce: standard('count'), ofNothing: 0 }],
  ['countAll', { title: 'Count all', reduce: ({ values }) => values.length, ofNothing: 0 }],
  ['range', { title: 'Range', reduce: standard('range') }],
  ['delta', { title: 'Delta', reduce: standard('delta') }],
  ['step', { title: 'Step', reduce: standard('step') }],
  ['diff', { title: 'Difference', reduce: standard('diff') }],
  ['logmin', { title: 'Min (above zero)', reduce: standard('logmin') }],
  ['allIsZero', { title: 'All Zeros', reduce: standard('allIsZero'), ofNothing: false }],
  ['allIsNull', { title: 'All Nulls', reduce: standard('allIsNull'), ofNothing: true }],
  ['changeCount', { title: 'Change Count', reduce: changesOf }],
  ['distinctCount', { title: 'Distinct Count', reduce: (field, nulls) => new Set(seen(field, nulls)).size }],
  ['diffperc', { title: 'Difference percent', reduce: standard('diffperc') }],
  ['allValues', { title: 'All values', reduce: ({ values }) => [...values] as Cell }],
  ['uniqueValues', { title: 'All unique values', reduce: ({ values }) => [...new Set(values)] as Cell }],
  ...Array.from({ length: 99 }, (_, i): [string, Reducer] => [
    `p${i + 1}`,
    { title: `${i + 1}${ordinal(i + 1)} %`, reduce: (field, nulls) => percentileOf(field, nulls, (i + 1) / 100) },
  ]),
]);

function ordinal(count: number): string {
  if (count > 3 && count < 21) return 'th';
  return ['th', 'st', 'nd', 'rd'][count % 10] ?? 'th';
}

/** Names that older dashboards have. */
const OLD_NAMES: Readonly<Record<string, string>> = { current: 'lastNotNull', avg: 'mean', total: 'sum' };

/** A reducer's name as it is today; undefined where there is none. */
export function reducerNamed(name: string): string | undefined {
  const today = Object.hasOwn(OLD_NAMES, name) ? OLD_NAMES[name]! : name;
  return REDUCERS.has(today) ? today : undefined;
}

/** The name by which people know a reducer. */
export function reducerTitle(name: string): string {
  return REDUCERS.get(reducerNamed(name) ?? '')?.title ?? name;
}

/** Those that there are of some names, by their names of today. */
export function reducersNamed(names: readonly string[]): string[] {
  return names.flatMap((name) => reducerNamed(name) ?? []);
}

/** One figure of a field's values; undefined for a reducer that isn't known. As `reduceField` of @grafana/data 13.2.3. */
export function reduceField(field: Reduced, name: string, nulls: NullMode = 'ignored'): Cell {
  const reducer = REDUCERS.get(reducerNamed(name) ?? '');
  return field.values.length === 0 ? reducer?.ofNothing : reducer?.reduce(field, nulls);
}

/** The type of a reducer's figures over a field of a type. */
export function typeOfReducer(name: string, type: FieldType): FieldType {
  if (name === 'count' || name === 'distinctCount' || name === 'changeCount' || name === 'countAll') return 'number';
  return name === 'allIsNull' || name === 'allIsZero' ? 'boolean' : type;
}
