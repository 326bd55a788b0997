import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  type FieldType,
  guessType,
  plainField,
} from '../frames/data-frame.ts';
import { type FieldTest, fieldTest } from '../frames/matchers.ts';
import { reduceField, reducersNamed, reducerTitle } from '../frames/reducers.ts';
import { isObject, type JsonObject, textOf } from '../json.ts';

/** A row per field with a column per figure, or with `reduceFields` each field's figures in its place. */
export function reduceFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const written = Array.isArray(options.reducers) ? options.reducers.map(String) : ['max'];
  if (written.length === 0) return frames;
  const reducers = reducersNamed(written);
  const inPlace = options.mode === 'reduceFields';
  const { fields } = options;
  const isMeant: FieldTest =
    isObject(fields) && typeof fields.id === 'string'
      ? fieldTest({ id: fields.id, options: fields.options })
      : (field) => (options.includeTimeField === true && inPlace) || field.type !== 'time';
  if (inPlace) return frames.flatMap((frame) => reducedInPlace(frame, frames, isMeant, reducers));
  if (frames.length === 0) return [];
  return [asRows(frames, isMeant, reducers, options.labelsToFields === true)];
}

function asRows(
  frames: readonly DataFrame[],
  isMeant: FieldTest,
  reducers: readonly string[],
  withLabels: boolean,
): DataFrame {
  const labels = withLabels
    ? [...new Set(frames.flatMap((frame) => frame.fields.flatMap((each) => Object.keys(each.labels ?? {}))))]
    : [];
  const rows = frames.flatMap((frame) =>
    frame.fields.flatMap((field) => (isMeant(field, frame, frames) ? [{ field, frame }] : [])),
  );
  const names = rows.map(({ field, frame }) => (withLabels ? field.name : displayNameOf(field, frame, frames)));
  const columns = reducers.map((reducer) => {
    const values = rows.map(({ field }): Cell => {
      const value = reduceField(field, reducer);
      return value === null ? Number.NaN : value;
    });
    const title = reducerTitle(reducer);
    return plainField(title, guessType(title, values) ?? 'other', values);
  });
  const { name: _, ...rest } = frames[0]!;
  return {
    ...rest,
    refId: `reduce-${frames.map(({ refId }) => refId).join('-')}`,
    fields: [
      plainField('Field', 'string', names),
      ...labels.map((label) =>
        plainField(
          label,
          'string',
          rows.map(({ field }) => field.labels?.[label]),
        ),
      ),
      ...columns,
    ],
    length: rows.length,
  };
}

function reducedInPlace(
  frame: DataFrame,
  frames: readonly DataFrame[],
  isMeant: FieldTest,
  reducers: readonly string[],
): DataFrame[] {
  const fields = frame.fields.flatMap((field) => {
    if (!isMeant(field, frame, frames)) return [];
    return reducers.map((reducer): DataField => {
      const own = reducers.length > 1 ? { reducer: textOf(reducerTitle(reducer))! } : {};
      return {
        ...field,
        labels: { ...field.labels, ...own },
        type: typeInPlace(reducer, field.type),
        values: [reduceField(field, reducer)],
      };
    });
  });
  return fields.length === 0 ? [] : [{ ...frame, fields, length: 1 }];
}

function typeInPlace(reducer: string, type: FieldType): FieldType {
  if (reducer === 'allValues' || reducer === 'uniqueValues') return 'other';
  return ['first', 'firstNotNull', 'last', 'lastNotNull'].includes(reducer) ? type : 'number';
}
