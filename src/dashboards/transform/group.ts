import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  type FieldType,
  guessType,
  pickRows,
  plainField,
} from '../frames/data-frame.ts';
import { fieldTest } from '../frames/matchers.ts';
import { reduceField, typeOfReducer } from '../frames/reducers.ts';
import { isObject, type JsonObject, type JsonValue, objectOf, objectsOf, textOf } from '../json.ts';

/** The rows of each group, by what its fields have; in the order in which groups appear. */
function groupsOf(frame: DataFrame, by: readonly DataField[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row++) {
    const key = by.map(({ values }) => String(values[row] ?? '')).join(',');
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [row]);
    else rows.push(row);
  }
  return groups;
}

/** The fields that rows are grouped by, with a row per group. */
function heads(by: readonly DataField[], groups: ReadonlyMap<string, readonly number[]>): DataField[] {
  return by.map(({ name, type, config, values }) => ({
    ...{ name, type, config },
    values: [...groups.values()].map((rows) => values[rows[0]!]),
  }));
}

function figuresOf(field: DataField, groups: ReadonlyMap<string, readonly number[]>, reducer: string): Cell[] {
  return [...groups.values()].map((rows) =>
    reduceField({ type: field.type, values: rows.map((row) => field.values[row]) }, reducer),
  );
}

function aggregationsOf(rule: JsonObject): string[] {
  return Array.isArray(rule.aggregations) ? rule.aggregations.map(String) : [];
}

/** A row per group of rows that agree in some fields, with figures of the others. */
export function groupBy(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const rules = objectOf(options.fields);
  const names = Object.entries(rules).flatMap(([name, rule]) => (objectOf(rule).operation === 'groupby' ? [name] : []));
  if (names.length === 0) return frames;
  const isGrouped = fieldTest({ id: 'byNames', options: { names } });
  return frames.flatMap((frame): DataFrame[] => {
    const by = frame.fields.filter((field) => isGrouped(field, frame, frames));
    if (by.length === 0) return [];
    const groups = groupsOf(frame, by);
    const figures = frame.fields.flatMap((field) => {
      const name = ownName(field, frame, frames);
      const rule = objectOf(Object.hasOwn(rules, name) ? rules[name] : rules[field.name]);
      return calculated(rule).map((reducer) =>
        plainField(`${name} (${reducer})`, typeOfReducer(reducer, field.type), figuresOf(field, groups, reducer)),
      );
    });
    return [{ refId: frame.refId, fields: [...heads(by, groups), ...figures], length: groups.size }];
  });
}

/** Of several frames a series is known by its field's name alone. */
function ownName(field: DataField, frame: DataFrame, frames: readonly DataFrame[]): string {
  return frames.length > 1 ? displayNameOf(field) : displayNameOf(field, frame, frames);
}

/** Of a field that rows are grouped by, only how many there are. */
function calculated(rule: JsonObject): string[] {
  const aggregations = aggregationsOf(rule);
  if (rule.operation === 'aggregate') return aggregations;
  return rule.operation === 'groupby' && aggregations.length === 1 && aggregations[0] === 'count' ? aggregations : [];
}

interface NestedRule {
  readonly matches: (field: DataField) => boolean;
  readonly json: JsonObject;
}

/** As `groupBy`, with the rows of a group as tables within its row. */
export function groupToNestedTable(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const written = nestedRules(options);
  if (!written.some(({ operation }) => operation === 'groupby')) return frames;
  return frames.flatMap((frame): DataFrame[] => {
    const rules = written.map((json): NestedRule => {
      const { id, options: of } = objectOf(json.matcher);
      const test = fieldTest({ id: textOf(id) ?? '', options: of });
      return { json, matches: (field) => test(field, frame, frames) };
    });
    const ruleOf = (field: DataField): JsonObject | undefined => rules.find(({ matches }) => matches(field))?.json;
    const by = frame.fields.filter((field) => ruleOf(field)?.operation === 'groupby');
    if (by.length === 0) return [];
    const groups = groupsOf(frame, by);
    const figures = frame.fields.flatMap((field) => {
      const rule = ruleOf(field);
      if (rule?.operation !== 'aggregate') return [];
      const name = ownName(field, frame, frames);
      return aggregationsOf(rule).map((reducer) => {
        const title = `${name} (${reducer})`;
        const values = figuresOf(field, groups, reducer);
        return plainField(title, nestedType(reducer, field.type, title, values), values);
      });
    });
    const nested = nestedFrames(frame, groups, ruleOf, options.showSubframeHeaders !== false);
    const fields = [...heads(by, groups), ...figures, plainField('__nestedFrames', 'nestedFrames', nested)];
    return [
      {
        fields,
        length: groups.size,
        ...(options.expandAllRows === true && { meta: { custom: { expandAllRows: true } } }),
      },
    ];
  });
}

/** Options were by name once. */
function nestedRules(options: JsonObject): JsonObject[] {
  if (options.rules !== undefined) return objectsOf(options.rules);
  return Object.entries(objectOf(options.fields)).map(([name, rule]: [string, JsonValue]) => ({
    aggregations: [],
    ...objectOf(rule),
    matcher: { id: 'byName', options: name },
  }));
}

function nestedType(reducer: string, type: FieldType, title: string, values: readonly Cell[]): FieldType {
  if (reducer === 'allIsNull') return 'boolean';
  if (['last', 'lastNotNull', 'first', 'firstNotNull'].includes(reducer)) return type;
  return guessType(title, values) ?? 'string';
}

function nestedFrames(
  frame: DataFrame,
  groups: ReadonlyMap<string, readonly number[]>,
  ruleOf: (field: DataField) => JsonObject | undefined,
  hasHeader: boolean,
): Cell[] {
  const kept = frame.fields
    .filter((field) => {
      const rule = ruleOf(field);
      if (rule === undefined || !Array.isArray(rule.aggregations) || typeof rule.operation !== 'string') return true;
      if (rule.operation !== 'aggregate') return false;
      return aggregationsOf(rule).length === 0 || rule.keepNestedField === true;
    })
    .map((field) => ({ ...field, config: { ...field.config, displayName: displayNameOf(field, frame) } }));
  return [...groups].map(([key, rows]): DataFrame[] => [
    {
      ...pickRows({ length: frame.length, fields: kept }, kept.length === 0 ? [] : rows),
      meta: { custom: { noHeader: !hasHeader, stableRowKey: key } },
    },
  ]);
}

const SPECIAL_VALUES: Readonly<Record<string, Cell>> = { true: true, false: false, null: null, zero: 0, empty: '' };

/** What stands where there is no value, by the name that settings have for it. */
export function specialValue(name: JsonValue | undefined): Cell {
  const known = typeof name === 'string' && Object.hasOwn(SPECIAL_VALUES, name);
  return known ? SPECIAL_VALUES[name] : '';
}

/** A table of two dimensions: a row per value of a field, a column per value of another. */
export function groupingToMatrix(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const [frame, ...others] = frames;
  if (frame === undefined || others.length > 0) return frames;
  const named = (name: JsonValue | undefined, usual: string): { name: string; field: DataField | undefined } => {
    const wanted = textOf(name) || usual;
    const test = fieldTest({ id: 'byName', options: wanted });
    return { name: wanted, field: frame.fields.find((field) => test(field, frame, frames)) };
  };
  const column = named(options.columnField, 'Time');
  const row = named(options.rowField, 'Time');
  const { field: value } = named(options.valueField, 'Value');
  if (column.field === undefined || row.field === undefined || value === undefined) return frames;
  const rows = [...new Set(row.field.values)];
  const cells = new Map<string, Map<string, Cell>>();
  for (let at = 0; at < frame.length; at++) {
    const name = String(column.field.values[at]);
    const of = cells.get(name) ?? new Map<string, Cell>();
    cells.set(name, of.set(String(row.field.values[at]), value.values[at]));
  }
  const empty = value.type === 'frame' ? undefined : specialValue(options.emptyValue);
  const { displayName: _, ...config } = value.config;
  const columns = [...new Set(column.field.values)].map((name): DataField => {
    const { displayNameFromDS: __, ...numbered } = config;
    return {
      ...{ name: isObject(name) ? '' : String(name ?? ''), type: value.type },
      config: typeof name === 'number' ? numbered : config,
      values: rows.map((of) => cells.get(String(name))?.get(String(of)) ?? empty),
    };
  });
  const head = { name: `${row.name}\\${column.name}`, type: row.field.type, config: row.field.config, values: rows };
  return [{ fields: [head, ...columns], length: rows.length }];
}
