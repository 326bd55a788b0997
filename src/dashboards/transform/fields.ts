/** Transformations that choose, order and name fields. */
import { type DataField, type DataFrame, displayNameOf } from '../frames/data-frame.ts';
import { fieldTest, frameTest } from '../frames/matchers.ts';
import { isMatch, patternOf } from '../frames/patterns.ts';
import { isObject, type JsonObject, type JsonValue, objectOf, objectsOf, textOf } from '../json.ts';
import type { Matcher } from '../model.ts';

function matcherOf(value: JsonValue | undefined): Matcher | undefined {
  return isObject(value) && typeof value.id === 'string' ? { id: value.id, options: value.options } : undefined;
}

/** Frames without the fields that are not meant; those of which none is left go. */
function keepFields(
  frames: readonly DataFrame[],
  include: Matcher | undefined,
  exclude: Matcher | undefined,
): readonly DataFrame[] {
  if (include === undefined && exclude === undefined) return frames;
  const isIncluded = include === undefined ? () => true : fieldTest(include);
  const isExcluded = exclude === undefined ? () => false : fieldTest(exclude);
  return frames.flatMap((frame) => {
    const fields = frame.fields.filter(
      (field) => !isExcluded(field, frame, frames) && isIncluded(field, frame, frames),
    );
    return fields.length === 0 ? [] : [{ ...frame, fields }];
  });
}

export function filterFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  return keepFields(frames, matcherOf(options.include), matcherOf(options.exclude));
}

export function filterFieldsByName(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const byVariable = options.byVariable === true;
  return keepFields(frames, namesMatcher(options.include, byVariable), namesMatcher(options.exclude, byVariable));
}

function namesMatcher(value: JsonValue | undefined, byVariable: boolean): Matcher | undefined {
  if (!isObject(value)) return undefined;
  const pattern = textOf(value.pattern) ?? '';
  const variable = textOf(value.variable) ?? '';
  if (byVariable && variable !== '')
    return { id: 'byNames', options: { names: variable.replace(/^\{(.*)\}$/, '$1').split(',') } };
  const names = Array.isArray(value.names) ? value.names : [];
  if (names.length === 0) return pattern === '' ? undefined : { id: 'byRegexp', options: pattern };
  return pattern === '' ? { id: 'byNames', options: { names } } : { id: 'byRegexpOrNames', options: value };
}

export function filterFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const include = matcherOf(options.include);
  const exclude = matcherOf(options.exclude);
  if (include === undefined && exclude === undefined) return frames;
  const isIncluded = include === undefined ? () => true : frameTest(include);
  const isExcluded = exclude === undefined ? () => false : frameTest(exclude);
  return frames.filter((frame) => !isExcluded(frame) && isIncluded(frame));
}

export function filterByRefId(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const matcher = (value: JsonValue | undefined): JsonObject | undefined =>
    typeof value === 'string' && value !== '' ? { id: 'byRefId', options: value } : undefined;
  const include = matcher(options.include);
  const exclude = matcher(options.exclude);
  return filterFrames(frames, { ...(include && { include }), ...(exclude && { exclude }) });
}

const NAMES = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

export function orderFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const isManual = options.orderByMode !== 'auto';
  return frames.map((frame) => ({
    ...frame,
    fields: isManual ? byHand(frame, frames, options) : byRules(frame, frames, options),
  }));
}

function byHand(frame: DataFrame, frames: readonly DataFrame[], options: JsonObject): DataField[] {
  const places = objectOf(options.indexByName);
  const placeOf = (field: DataField): number => {
    const name = displayNameOf(field, frame, frames);
    const place = Object.hasOwn(places, name) ? places[name] : undefined;
    return Number.isInteger(place) ? (place as number) : Number.MAX_SAFE_INTEGER;
  };
  return frame.fields.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function byRules(frame: DataFrame, frames: readonly DataFrame[], options: JsonObject): DataField[] {
  const time = frame.fields.find(({ type }) => type === 'time');
  const rules = objectsOf(options.orderBy);
  const textAt = (field: DataField, { type, name }: JsonObject): string =>
    type === 'name' ? displayNameOf(field, frame, frames) : (field.labels?.[textOf(name) ?? ''] ?? '');
  return frame.fields.toSorted((a, b) => {
    if (a === time) return -1;
    if (b === time) return 1;
    for (const rule of rules) {
      const order = NAMES.compare(textAt(a, rule), textAt(b, rule));
      if (order !== 0) return rule.desc === true ? -order : order;
    }
    return 0;
  });
}

export function renameFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const names = objectOf(options.renameByName);
  if (Object.keys(names).length === 0) return frames;
  return frames.map((frame) =>
    renamed(frame, (name) => (Object.hasOwn(names, name) ? textOf(names[name]) : undefined)),
  );
}

/** With what `rename` makes of each name as the name that is shown; undefined or empty leaves it. */
function renamed(frame: DataFrame, rename: (name: string) => string | undefined): DataFrame {
  const fields = frame.fields.map((field) => {
    const name = rename(displayNameOf(field, frame));
    return name === undefined || name === '' ? field : { ...field, config: { ...field.config, displayName: name } };
  });
  return { ...frame, fields };
}

export function organizeFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const chosen = (value: JsonValue | undefined): string[] =>
    Object.entries(objectOf(value)).flatMap(([name, isChosen]) => (isChosen ? [name] : []));
  const include = chosen(options.includeByName);
  const exclude = chosen(options.excludeByName);
  const kept = filterFieldsByName(frames, { include: { names: include }, exclude: { names: exclude } });
  return renameFields(orderFields(kept, options), options);
}

export function renameByRegex(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const pattern = patternOf(textOf(options.regex) ?? '(.*)');
  const written = textOf(options.renamePattern) ?? '$1';
  return frames.map((frame) =>
    renamed(frame, (name) => (isMatch(pattern, name) ? name.replace(pattern!, written) : undefined)),
  );
}
