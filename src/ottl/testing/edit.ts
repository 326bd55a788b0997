import { OttlError } from '#lang/ottl';
import type { BatchContext, Chunk, Signal } from '#pdata';
import { Batch } from '#pdata';
import { decodeOtlpJson, encodeOtlpJson } from '#wire';
import type { Context } from '../contexts.ts';
import { Place } from '../place.ts';
import { eachItem, StatementList } from '../run.ts';
import { type CompileOptions, parseCondition, parseStatement, parseValue } from '../statement.ts';
import { EvaluationError, type Value } from '../values.ts';

/** Any part of OTLP/JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A request in OTLP/JSON with one resource, one scope and one item in it. */
export function request(signal: Signal, item: Json, resource: Json = {}, scope: Json = {}): Json {
  if (signal === 'traces') return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [item] }] }] };
  if (signal === 'logs') return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [item] }] }] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [item] }] }] };
}

export function chunkOf(signal: Signal, body: Json): Chunk {
  return decodeOtlpJson(signal, Buffer.from(JSON.stringify(body))).chunk;
}

export function jsonOfChunk(chunk: Chunk): Json {
  return JSON.parse(encodeOtlpJson(new Batch(chunk.signal, [chunk])).toString()) as Json;
}

const SIGNALS: Readonly<Record<Context, Signal>> = {
  resource: 'logs',
  scope: 'logs',
  span: 'traces',
  spanevent: 'traces',
  metric: 'metrics',
  datapoint: 'metrics',
  exemplar: 'metrics',
  log: 'logs',
};

export function signalOf(context: Context): Signal {
  return SIGNALS[context];
}

/** What a request becomes when a statement has run on all items of its context. Errors are thrown. */
export function edited(
  context: Context,
  statement: string,
  body: Json,
  options: CompileOptions = {},
  sender?: BatchContext,
): Json {
  const chunk = chunkOf(signalOf(context), body);
  const list = new StatementList(context, [parseStatement(context, statement, options)], [], 'ignore', (_, message) => {
    throw new Error(message);
  });
  list.enter(chunk, sender);
  eachItem(chunk, context, (index, item) => list.run(index, item));
  return jsonOfChunk(chunk);
}

/** The attributes that a log record with these has after a statement, as plain values: ints as numbers, doubles as `{ double }`. */
export function editedAttributes(statement: string, attributes: Json, body: Json = { stringValue: 'body' }): Json {
  const item = { attributes: keyValues(attributes), body, severityNumber: 9, timeUnixNano: '1700000000000000000' };
  const result = edited('log', statement, request('logs', item as Json)) as {
    resourceLogs: { scopeLogs: { logRecords: { attributes?: Json }[] }[] }[];
  };
  return plainAttributes(result.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.attributes ?? []);
}

/** The value of an expression for a log record with these attributes; the message in place of a value where it fails. */
export function valueFor(
  expression: string,
  attributes: Json = {},
  options: CompileOptions = {},
): Value | { error: string } {
  const item = { attributes: keyValues(attributes), body: { stringValue: 'the body' }, severityNumber: 9 };
  const chunk = chunkOf('logs', request('logs', item as Json));
  const at = new Place();
  at.enter(chunk);
  at.atLog(0);
  try {
    return parseValue('log', expression, options).get(at);
  } catch (error) {
    // What is wrong with a constant is found when it is compiled.
    if (error instanceof EvaluationError || error instanceof OttlError) return { error: error.message };
    throw error;
  }
}

/** Whether a condition holds for a log record with these attributes; the message where it fails. */
export function holdsFor(
  condition: string,
  attributes: Json = {},
  options: CompileOptions = {},
): boolean | { error: string } {
  const item = { attributes: keyValues(attributes), body: { stringValue: 'the body' }, severityNumber: 9 };
  const chunk = chunkOf('logs', request('logs', item as Json));
  const at = new Place();
  at.enter(chunk);
  at.atLog(0);
  try {
    return parseCondition('log', condition, options).test(at);
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.message };
    throw error;
  }
}

/** Plain values as OTLP/JSON writes attributes: `{ double: 1 }` and `{ bytes: 'AQI=' }` say the type. */
export function keyValues(attributes: Json): Json[] {
  return Object.entries(attributes as Record<string, Json>).map(([key, value]) => ({ key, value: anyValue(value) }));
}

export function anyValue(value: Json): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if ('double' in value) return { doubleValue: value.double! };
  if ('bytes' in value) return { bytesValue: value.bytes! };
  return { kvlistValue: { values: keyValues(value) } };
}

export function plainAttributes(attributes: Json): { [key: string]: Json } {
  return Object.fromEntries(
    (attributes as { key?: string; value: Json }[]).map(({ key = '', value }) => [key, plainValue(value)]),
  );
}

export function plainValue(value: Json): Json {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = (value ?? {}) as {
    [key: string]: Json | undefined;
  };
  if (stringValue !== undefined) return stringValue;
  if (boolValue !== undefined) return boolValue;
  if (intValue !== undefined) return Number(intValue);
  if (doubleValue !== undefined) return Number.isInteger(doubleValue) ? { double: doubleValue } : doubleValue;
  if (bytesValue !== undefined) return { bytes: bytesValue };
  if (arrayValue !== undefined) return ((arrayValue as { values?: Json[] }).values ?? []).map(plainValue);
  if (kvlistValue !== undefined) return plainAttributes((kvlistValue as { values?: Json }).values ?? []);
  return null;
}
