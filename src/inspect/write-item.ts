import type { Signal } from '#pdata';
import type { Field } from './changes.ts';
import type { Plain, PlainMap } from './item.ts';

type Json = { [key: string]: unknown };

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_CODES = ['unset', 'ok', 'error'];
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];
const POINTS: Readonly<Record<string, string>> = { exponential_histogram: 'exponentialHistogram' };
const STEP = /^(\w+)(?:\[(\d+)\])?(?:\["((?:[^"\\]|\\.)*)"\])?\.?/;

/**
 * Fields of an item (fieldsOfItem) as an Export…ServiceRequest in OTLP/JSON with that one item: the way back. What the fields don't say,
 * such as whether a whole number was a double, is lost.
 */
export function envelopeOfFields(signal: Signal, fields: readonly Field[]): object {
  const tree: Json = {};
  for (const { path, value } of fields) place(tree, path, value);
  const { resource, scope, ...item } = tree as { resource?: PlainMap; scope?: PlainMap } & Json;
  const name = signal[0]!.toUpperCase() + signal.slice(1);
  const [outer, inner] = signal === 'traces' ? ['resourceSpans', 'scopeSpans'] : [`resource${name}`, `scope${name}`];
  const leaf = { traces: 'spans', logs: 'logRecords', metrics: 'metrics' }[signal];
  const { schema_url: resourceSchema, ...ofResource } = resource ?? {};
  const { schema_url: scopeSchema, ...ofScope } = scope ?? {};
  const scoped = {
    scope: message(ofScope),
    schemaUrl: scopeSchema,
    [leaf]: [signal === 'metrics' ? metricOf(item) : message(item)],
  };
  return { [outer]: [{ resource: message(ofResource), schemaUrl: resourceSchema, [inner]: [scoped] }] };
}

/** Puts a value at a path such as `events[0].attributes["key"]`. */
function place(tree: Json, path: string, value: Plain): void {
  let at = tree;
  let rest = path;
  while (rest !== '') {
    const [whole, name, index, key] = STEP.exec(rest) ?? [];
    if (whole === undefined || name === undefined) return;
    rest = rest.slice(whole.length);
    let holder = at;
    let step = name;
    if (index !== undefined) {
      const list = (Object.hasOwn(at, name) ? at[name] : define(at, name, [])) as Json[];
      holder = list as unknown as Json;
      step = index;
    }
    if (key !== undefined) {
      holder = child(holder, step);
      step = JSON.parse(`"${key}"`) as string;
    }
    if (rest === '') define(holder, step, value);
    else at = child(holder, step);
  }
}

function child(holder: Json, name: string): Json {
  return (Object.hasOwn(holder, name) ? holder[name] : define(holder, name, {})) as Json;
}

/** A key like __proto__ is an ordinary one. */
function define(holder: Json, key: string, value: unknown): unknown {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function metricOf({ metric, value, ...point }: { readonly [key: string]: unknown }): Json {
  const { type = 'gauge', aggregation_temporality, is_monotonic, ...head } = (metric ?? {}) as PlainMap;
  const number = Number.isInteger(value) ? { asInt: String(value) } : { asDouble: value };
  const data: Json = { dataPoints: [{ ...message(point), ...(value !== undefined && number) }] };
  if (aggregation_temporality !== undefined)
    data.aggregationTemporality = TEMPORALITIES.indexOf(String(aggregation_temporality));
  if (is_monotonic === true) data.isMonotonic = true;
  return { ...message(head), [POINTS[String(type)] ?? String(type)]: data };
}

function message(fields: Readonly<Record<string, unknown>>): Json {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      fieldOf(name, value as Plain),
    ]),
  );
}

function fieldOf(name: string, value: Plain): unknown {
  if (/(^|_)attributes$|^metadata$/.test(name)) return pairs(value as PlainMap);
  if (name === 'body') return anyValue(value);
  if (name === 'kind') return Math.max(0, KINDS.indexOf(String(value)));
  if (name === 'code') return Math.max(0, STATUS_CODES.indexOf(String(value)));
  if (Array.isArray(value)) return value.map((one) => (isMap(one) ? message(one) : one));
  return isMap(value) ? message(value) : value;
}

function isMap(value: Plain): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pairs(map: PlainMap): Json[] {
  return Object.entries(map).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Plain): Json {
  if (typeof value === 'string') {
    return value.startsWith('base64:') ? { bytesValue: value.slice('base64:'.length) } : { stringValue: value };
  }
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return value === null ? {} : { kvlistValue: { values: pairs(value as PlainMap) } };
}
