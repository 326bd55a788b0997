/** Transformations that read settings or fields out of values. */
import { type Cell, type DataField, type DataFrame, displayNameOf, plainField } from '../frames/data-frame.ts';
import { type FieldTest, fieldTest } from '../frames/matchers.ts';
import { patternOf } from '../frames/patterns.ts';
import { reduceField } from '../frames/reducers.ts';
import { isObject, type JsonObject, type JsonValue, objectOf, objectsOf, textOf } from '../json.ts';

/** More columns are no table. */
const FIELDS_LIMIT = 500;

/** The parts of a text as columns: of JSON, of `key=value` pairs, of texts with a delimiter or of a pattern's groups. */
export function extractFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const source = textOf(options.source) ?? '';
  const read = readerOf(options);
  return frames.map((frame) => {
    const field =
      frame.fields.find((each) => each.name === source || displayNameOf(each, frame, frames) === source) ??
      (source === '' ? frame.fields[0] : undefined);
    if (field === undefined) return frame;
    const columns = new Map<string, Cell[]>();
    for (const [row, value] of field.values.entries())
      for (const [name, part] of read(value)) {
        const column = columns.get(name) ?? new Array<Cell>(frame.length).fill(undefined);
        if (!columns.has(name) && columns.size >= FIELDS_LIMIT) continue;
        columns.set(name, column);
        column[row] = part;
      }
    const made = [...columns].map(([name, values]) => plainField(name, valueType(values), values));
    const time = options.keepTime === true ? frame.fields.filter(({ type }) => type === 'time') : [];
    const kept = options.replace === true ? time : frame.fields;
    return { ...frame, fields: [...kept, ...made] };
  });
}

function valueType(values: readonly Cell[]): DataField['type'] {
  const first = values.find((value) => value !== null && value !== undefined);
  if (typeof first === 'number') return 'number';
  if (typeof first === 'boolean') return 'boolean';
  return typeof first === 'object' ? 'other' : 'string';
}

type Read = (value: Cell) => Iterable<readonly [name: string, value: Cell]>;

function readerOf(options: JsonObject): Read {
  const paths = objectsOf(options.jsonPaths).filter(({ path }) => textOf(path));
  switch (textOf(options.format) ?? 'json') {
    case 'kvp':
      return (value) => pairsOf(String(value ?? ''));
    case 'auto':
      return (value) => (isObject(parsed(value)) ? jsonOf(value, paths) : pairsOf(String(value ?? '')));
    case 'delimiter': {
      const delimiter = textOf(options.delimiter) || ',';
      return (value) =>
        String(value ?? '')
          .split(delimiter)
          .map((part) => [part.trim(), 1] as const)
          .filter(([part]) => part !== '');
    }
    case 'regexp': {
      const pattern = patternOf(textOf(options.regExp) ?? '');
      return (value) => {
        const found =
          pattern === undefined
            ? null
            : new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(String(value ?? ''));
        return Object.entries(found?.groups ?? {});
      };
    }
    default:
      return (value) => jsonOf(value, paths);
  }
}

function parsed(value: Cell): JsonValue | undefined {
  if (typeof value !== 'string') return value as JsonValue | undefined;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return undefined;
  }
}

function jsonOf(value: Cell, paths: readonly JsonObject[]): [string, Cell][] {
  const json = parsed(value);
  if (paths.length > 0)
    return paths.map(
      ({ path, alias }) => [textOf(alias) || textOf(path)!, valueAt(json, textOf(path)!)] as [string, Cell],
    );
  return isObject(json) || Array.isArray(json) ? Object.entries(json) : [];
}

/** `a.b[0]["c d"]`. */
function valueAt(json: JsonValue | undefined, path: string): Cell {
  let at: JsonValue | undefined = json;
  for (const [, plain, index, quoted] of path.matchAll(/([^.[\]]+)|\[(\d+)\]|\["([^"]*)"\]/g)) {
    if (Array.isArray(at)) at = at[Number(index ?? plain)];
    else if (isObject(at)) {
      const name: string = quoted ?? index ?? plain ?? '';
      at = Object.hasOwn(at, name) ? at[name] : undefined;
    } else return undefined;
  }
  return at;
}

const PAIR = /(?<=^|[\s,;&?{]|,\s)([^\s=:,;&?{}"]+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;&}]+))/g;

function pairsOf(text: string): [string, Cell][] {
  return [...text.matchAll(PAIR)].map(([, name, quoted, plain]) => [name!, quoted ?? plain!]);
}

/** Settings of a field that values can be. */
const SETTINGS: ReadonlySet<string> = new Set([
  'unit',
  'min',
  'max',
  'decimals',
  'displayName',
  'color',
  'noValue',
  'description',
]);
/** Names of columns that are taken for a setting, where nobody says. */
const USUAL: Readonly<Record<string, string>> = {
  name: 'field.name',
  unit: 'unit',
  units: 'unit',
  min: 'min',
  minimum: 'min',
  max: 'max',
  maximum: 'max',
  decimals: 'decimals',
  color: 'color',
  colour: 'color',
};

/** A column per row, named after one of its values; others are its value and settings. */
export function rowsToFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  return frames.map((frame) => {
    const uses = frame.fields.map((field) => ({ field, use: purposeOf(field, frame, frames, options) }));
    const names =
      uses.find(({ use }) => use === 'field.name')?.field ?? frame.fields.find(({ type }) => type === 'string');
    const values =
      uses.find(({ use }) => use === 'field.value')?.field ?? frame.fields.find(({ type }) => type === 'number');
    if (names === undefined || values === undefined) return frame;
    const settings = uses.filter(({ field, use }) => field !== names && field !== values && SETTINGS.has(use));
    const labels = uses.filter(
      ({ field, use }) => field !== names && field !== values && use === '' && field.type === 'string',
    );
    const fields = names.values.slice(0, FIELDS_LIMIT).map((name, row): DataField => {
      const own = Object.fromEntries(labels.map(({ field }) => [field.name, String(field.values[row] ?? '')]));
      return {
        ...plainField(String(name), values.type, [values.values[row]]),
        ...(labels.length > 0 && { labels: own }),
        config: { ...values.config, ...settingsOf(settings, row) },
      };
    });
    return { ...frame, fields, length: 1 };
  });
}

interface Use {
  readonly field: DataField;
  readonly use: string;
}

function purposeOf(field: DataField, frame: DataFrame, frames: readonly DataFrame[], { mappings }: JsonObject): string {
  const name = displayNameOf(field, frame, frames);
  const written = objectsOf(mappings).find(({ fieldName }) => fieldName === name);
  const usual = Object.hasOwn(USUAL, name.toLowerCase()) ? USUAL[name.toLowerCase()]! : '';
  const handler = textOf(written?.handlerKey) ?? (written === undefined ? usual : '__ignore');
  return handler === 'name' ? 'field.name' : handler;
}

function settingsOf(uses: readonly Use[], row: number): JsonObject {
  const settings: JsonObject = {};
  for (const { field, use } of uses) {
    const value = field.values[row];
    if (value === null || value === undefined || typeof value === 'object') continue;
    settings[use] =
      use === 'color'
        ? { mode: 'fixed', fixedColor: String(value) }
        : use === 'unit' || use === 'displayName'
          ? String(value)
          : value;
  }
  return settings;
}

/** Settings of the other frames' fields, read from one query's answer: `min`, `max`, units, thresholds and so on. */
export function configFromData(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const refId = textOf(options.configRefId) ?? 'config';
  const source = frames.find((frame) => frame.refId === refId);
  if (source === undefined) return frames;
  const settings: JsonObject = {};
  for (const field of source.fields) {
    const name = displayNameOf(field, source, frames);
    const mapping = objectsOf(options.mappings).find(({ fieldName }) => fieldName === name);
    const use = purposeOf(field, source, frames, options);
    const value = reduceField(field, textOf(mapping?.reducerId) ?? 'lastNotNull');
    if (value === null || value === undefined || typeof value === 'object') continue;
    if (use === 'threshold1')
      settings.thresholds = {
        mode: 'absolute',
        steps: [
          { value: null, color: 'green' },
          {
            value: value as number,
            color: textOf(objectOf(objectOf(mapping?.handlerArguments).threshold).color) ?? 'red',
          },
        ],
      };
    else if (SETTINGS.has(use)) Object.assign(settings, settingsOf([{ field: { ...field, values: [value] }, use }], 0));
  }
  const isMeant = applyTo(options.applyTo);
  return frames
    .filter((frame) => frame !== source)
    .map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) =>
        isMeant(field, frame, frames) ? { ...field, config: { ...field.config, ...settings } } : field,
      ),
    }));
}

function applyTo(matcher: JsonValue | undefined): FieldTest {
  const { id, options } = objectOf(matcher);
  return fieldTest({ id: textOf(id) ?? 'numeric', options });
}
