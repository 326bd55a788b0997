import { Batch, type Chunk, type Signal } from '#pdata';
import { encodeOtlpJson } from '#wire';

/** What a field can be once people read it: whole numbers beyond 2^53 are texts of digits. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}

/**
 * An item as people read it: the fields that it has under the names of OTTL, attributes as maps, kinds and codes as words, times as digits
 * of nanoseconds. Beside its own fields are those of its `resource` and `scope`, and of its `metric`.
 */
export interface Item {
  readonly signal: Signal;
  readonly fields: PlainMap;
}

type Json = Readonly<Record<string, unknown>>;

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_CODES = ['unset', 'ok', 'error'];
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];
/** The fields of a metric that hold its points, and the type that each stands for. */
const POINTS: Readonly<Record<string, string>> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential_histogram',
  summary: 'summary',
};

/** The item in row `row` of a chunk, as it is now. */
export function readItem(chunk: Chunk, row: number): Item {
  return readItems(chunk, Uint32Array.of(row))[0]!;
}

/** The items in these rows (ascending, each selected), as they are now, in their order. */
function readItems(chunk: Chunk, rows: Uint32Array): Item[] {
  const { signal } = chunk;
  return itemsOfEnvelope(
    signal,
    JSON.parse(encodeOtlpJson(new Batch(signal, [chunk.select(rows)])).toString()) as Json,
  );
}

/** All items of a batch, in their order. */
export function itemsOf(batch: Batch): Item[] {
  return batch.chunks.flatMap((chunk) => {
    const rows = Uint32Array.from({ length: chunk.count }, (_, index) => chunk.rowAt(index));
    return readItems(chunk, rows);
  });
}

/** The items of an Export…ServiceRequest in OTLP/JSON. */
function itemsOfEnvelope(signal: Signal, envelope: Json): Item[] {
  const name = signal[0]!.toUpperCase() + signal.slice(1);
  const [outer, inner] = signal === 'traces' ? ['resourceSpans', 'scopeSpans'] : [`resource${name}`, `scope${name}`];
  const items: Item[] = [];
  for (const group of list(envelope[outer])) {
    const resource = withSchema(group.resource, group.schemaUrl);
    for (const scoped of list(group[inner])) {
      const around = { resource, scope: withSchema(scoped.scope, scoped.schemaUrl) };
      const add = (fields: PlainMap): void =>
        void items.push({ signal, fields: withoutEmpty({ ...around, ...fields }) });
      if (signal === 'traces') for (const span of list(scoped.spans)) add(spanFields(span));
      else if (signal === 'logs') for (const record of list(scoped.logRecords)) add(logFields(record));
      else for (const metric of list(scoped.metrics)) for (const fields of pointFields(metric)) add(fields);
    }
  }
  return items;
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function withSchema(message: unknown, schemaUrl: unknown): PlainMap {
  const fields = message === undefined ? {} : fieldsOf(message as Json);
  return typeof schemaUrl === 'string' && schemaUrl !== '' ? { ...fields, schema_url: schemaUrl } : fields;
}

function spanFields(span: Json): PlainMap {
  const fields = fieldsOf(span);
  const status = fields.status as { readonly code?: number; readonly message?: string } | undefined;
  return {
    ...fields,
    kind: KINDS[(fields.kind as number | undefined) ?? 0] ?? fields.kind!,
    status: withoutEmpty({
      code: STATUS_CODES[status?.code ?? 0] ?? String(status?.code),
      message: status?.message ?? '',
    }),
  };
}

function logFields(record: Json): PlainMap {
  return fieldsOf(record);
}

function* pointFields(metric: Json): Generator<PlainMap> {
  const kind = Object.keys(POINTS).find((key) => metric[key] !== undefined);
  if (kind === undefined) return;
  const { dataPoints, aggregationTemporality, isMonotonic } = metric[kind] as Json;
  const head = withoutEmpty({
    name: text(metric.name),
    description: text(metric.description),
    unit: text(metric.unit),
    type: POINTS[kind]!,
    ...(aggregationTemporality !== undefined && {
      aggregation_temporality: TEMPORALITIES[aggregationTemporality as number] ?? 'unspecified',
    }),
    ...(isMonotonic === true && { is_monotonic: true }),
    metadata: attributesOf(metric.metadata),
  });
  for (const point of list(dataPoints)) {
    const { as_int: whole, as_double: double, ...rest } = fieldsOf(point) as Record<string, Plain>;
    const value = whole ?? double;
    yield { metric: head, ...rest, ...(value !== undefined && { value }) };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A message's fields under snake_case names. */
function fieldsOf(message: Json): PlainMap {
  const fields: Record<string, Plain> = {};
  for (const [key, value] of Object.entries(message)) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    fields[name] = fieldValue(name, value);
  }
  return withoutEmpty(fields);
}

function fieldValue(name: string, value: unknown): Plain {
  if (name === 'attributes' || name === 'filtered_attributes') return attributesOf(value);
  if (name === 'body') return anyValue(value);
  if (/(^|_)(count|counts|int)$/.test(name)) return Array.isArray(value) ? value.map(whole) : whole(value);
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === 'object' && item !== null ? fieldsOf(item as Json) : (item as Plain)));
  }
  return typeof value === 'object' && value !== null ? fieldsOf(value as Json) : (value as Plain);
}

function attributesOf(pairs: unknown): PlainMap {
  const map: Record<string, Plain> = {};
  for (const pair of list(pairs)) define(map, text(pair.key), anyValue(pair.value));
  return map;
}

/** An AnyValue; bytes as `base64:…`. */
function anyValue(value: unknown): Plain {
  if (typeof value !== 'object' || value === null) return null;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value as Json;
  if (stringValue !== undefined) return stringValue as string;
  if (boolValue !== undefined) return boolValue as boolean;
  if (intValue !== undefined) return whole(intValue);
  if (doubleValue !== undefined) return doubleValue as number;
  if (arrayValue !== undefined) return list((arrayValue as Json).values).map(anyValue);
  if (kvlistValue !== undefined) return attributesOf((kvlistValue as Json).values);
  return bytesValue === undefined ? null : `base64:${bytesValue as string}`;
}

function whole(value: unknown): Plain {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** A key like __proto__ is an ordinary one. */
function define(map: Record<string, Plain>, key: string, value: Plain): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Without what says nothing: empty texts, maps and lists, zero times and flags. */
function withoutEmpty(fields: Readonly<Record<string, Plain>>): PlainMap {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => !isEmpty(key, value)));
}

function isEmpty(key: string, value: Plain | undefined): boolean {
  if (value === undefined || value === '') return true;
  if (value === '0' || value === 0) return /_unix_nano$|^flags$|^dropped_|^severity_number$/.test(key);
  if (key === 'body') return value === null;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
