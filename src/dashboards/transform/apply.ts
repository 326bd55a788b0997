import type { DataFrame } from '../frames/data-frame.ts';
import { frameTest } from '../frames/matchers.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Transformation } from '../model.ts';
import { calculateField } from './calculate.ts';
import { convertFieldType, convertFrameType, formatString, formatTime } from './convert.ts';
import { configFromData, extractFields, rowsToFields } from './extract.ts';
import {
  filterByRefId,
  filterFields,
  filterFieldsByName,
  filterFrames,
  orderFields,
  organizeFields,
  renameByRegex,
  renameFields,
} from './fields.ts';
import { groupBy, groupingToMatrix, groupToNestedTable } from './group.ts';
import { heatmapFrames } from './heatmap.ts';
import { histogramFrames } from './histogram.ts';
import { ensureColumns, joinByField } from './join.ts';
import { concatenate, labelsToFields, mergeFrames } from './merge.ts';
import { reduceFrames } from './reduce.ts';
import { regressionFrames } from './regression.ts';
import { filterByValue, limitRows, seriesToRows, sortBy } from './rows.ts';
import { joinByLabels, partitionByValues, prepareTimeSeries, timeSeriesTable } from './series.ts';
import { smoothingFrames } from './smoothing.ts';
import { transposeFrames } from './transpose.ts';

/** Throws an Error that says what is wrong, where settings contradict themselves or the result would be too large. */
type Transform = (frames: readonly DataFrame[], options: JsonObject) => readonly DataFrame[];

/** By the name that dashboards have for each. */
const TRANSFORMS: Readonly<Record<string, Transform>> = {
  calculateField,
  concatenate,
  configFromData,
  convertFieldType,
  convertFrameType,
  ensureColumns,
  extractFields,
  filterByRefId,
  filterByValue,
  filterFields,
  filterFieldsByName,
  filterFrames,
  formatString,
  formatTime,
  groupBy,
  groupingToMatrix,
  groupToNestedTable,
  heatmap: heatmapFrames,
  histogram: histogramFrames,
  joinByField,
  joinByLabels,
  labelsToFields,
  limit: limitRows,
  merge: mergeFrames,
  noop: (frames) => frames,
  order: orderFields,
  organize: organizeFields,
  partitionByValues,
  prepareTimeSeries,
  reduce: reduceFrames,
  regression: regressionFrames,
  rename: renameFields,
  renameByRegex,
  rowsToFields,
  seriesToColumns: joinByField,
  seriesToRows,
  smoothing: smoothingFrames,
  sortBy,
  timeSeriesTable,
  transpose: transposeFrames,
};

/** Need places and shapes on a map, which are not here: what each would do, in words. */
const MISSING: Readonly<Record<string, (options: JsonObject) => string>> = {
  fieldLookup: ({ lookupField, gazetteer }) =>
    `would add where the places in ${quoted(lookupField, 'a field')} are, from the list of places ${quoted(gazetteer, 'of countries')}, which is not here`,
  spatial: ({ action }) =>
    `would ${SPATIAL[typeof action === 'string' ? action : ''] ?? 'make places on a map'}, and maps are not drawn here`,
};

const SPATIAL: Readonly<Record<string, string>> = {
  prepare: 'make places on a map of coordinates, geohashes or names',
  calculate: 'work out the heading, distance or area of places on a map',
  modify: 'change shapes on a map',
};

function quoted(value: JsonValue | undefined, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? JSON.stringify(value) : otherwise;
}

export interface Transformed {
  readonly frames: readonly DataFrame[];
  /** What could not be done, a sentence each that begins with the transformation's name; the others were. */
  readonly problems: readonly string[];
}

/** The frames after a panel's transformations, in their order. `interpolate` replaces variables in texts of settings. */
export function applyTransformations(
  transformations: readonly Transformation[],
  frames: readonly DataFrame[],
  interpolate: (text: string) => string,
): Transformed {
  let current = frames;
  const problems: string[] = [];
  for (const { id, isDisabled, options, filter } of transformations) {
    if (isDisabled) continue;
    const transform = Object.hasOwn(TRANSFORMS, id) ? TRANSFORMS[id] : undefined;
    if (transform === undefined) {
      const missing = Object.hasOwn(MISSING, id) ? MISSING[id] : undefined;
      problems.push(`${id} ${missing?.(options) ?? 'is not known'}`);
      continue;
    }
    try {
      const isMeant = filter === undefined ? () => true : frameTest(filter);
      const meant = current.filter(isMeant);
      const others = current.filter((frame) => !isMeant(frame));
      const made = transform(meant, filled(options, interpolate) as JsonObject);
      // Where the first of the others stood.
      const at = Math.max(
        0,
        current.findIndex((frame) => !isMeant(frame)),
      );
      current = others.length === 0 ? made : made.toSpliced(at, 0, ...others);
    } catch (error) {
      problems.push(`${id} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { frames: current, problems };
}

function filled(value: JsonValue, interpolate: (text: string) => string): JsonValue {
  if (typeof value === 'string') return value.includes('$') || value.includes('[[') ? interpolate(value) : value;
  if (Array.isArray(value)) return value.map((each) => filled(each, interpolate));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, interpolate)]));
}
