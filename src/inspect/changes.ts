import type { Item, Plain, PlainMap } from './item.ts';

/** One field of an item: its path in OTTL and its value. */
export interface Field {
  readonly path: string;
  readonly value: Plain;
}

/** One field that differs between an item and what became of it. */
export interface FieldChange {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before?: Plain;
  readonly after?: Plain;
}

/** Maps whose keys are data. */
const IS_ATTRIBUTES = /(^|\.|_)attributes$|^metric\.metadata$/;

/** The fields of an item, each attribute one of its own: `attributes["http.route"]`, `resource.attributes["service.name"]`, `events[0].name`. */
export function fieldsOfItem(item: Item): Field[] {
  const fields: Field[] = [];
  addFields(fields, '', item.fields);
  return fields;
}

function addFields(fields: Field[], path: string, value: Plain): void {
  if (IS_ATTRIBUTES.test(path) && isMap(value)) {
    for (const [key, one] of Object.entries(value))
      fields.push({ path: `${path}[${JSON.stringify(key)}]`, value: one });
  } else if (path === 'body' || !(isMap(value) || isListOfMaps(value))) fields.push({ path, value });
  else if (isMap(value)) {
    for (const [key, one] of Object.entries(value)) addFields(fields, path === '' ? key : `${path}.${key}`, one);
  } else {
    for (const [index, one] of (value as readonly Plain[]).entries()) addFields(fields, `${path}[${index}]`, one);
  }
}

function isMap(value: Plain): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfMaps(value: Plain): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMap);
}

/** What is different in `after`: changed and removed fields in the order of `before`, then the added ones. */
export function changesBetween(before: Item, after: Item): FieldChange[] {
  const changes: FieldChange[] = [];
  const now = new Map(fieldsOfItem(after).map(({ path, value }) => [path, value]));
  for (const { path, value } of fieldsOfItem(before)) {
    const next = now.get(path);
    if (!now.has(path)) changes.push({ path, kind: 'removed', before: value });
    else if (!isSame(value, next!)) changes.push({ path, kind: 'changed', before: value, after: next! });
    now.delete(path);
  }
  for (const [path, value] of now) changes.push({ path, kind: 'added', after: value });
  return changes;
}

export function isSame(a: Plain, b: Plain): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
