import { goQuoted } from '#base';
import { type AnyValue, Double, type LogView, valueJson, valueText } from '#pdata';
import type { LokiExporterConfig } from './config.ts';
import { type Attributes, recordField } from './labels.ts';

/** The body behind what is no label: the line of the older block (convertLogBodyToEntry of v0.56). */
export function bodyLine(
  log: LogView,
  attributes: Attributes,
  resource: Attributes,
  { record, attributes: named, resource: namedResource }: NonNullable<LokiExporterConfig['labels']>,
): string {
  let line = '';
  for (const field of ['severity', 'severityN', 'traceID', 'spanID']) {
    const value = record.has(field) ? '' : recordField(log, field);
    if (value !== '') line += `${field}=${value} `;
  }
  for (const [key, value] of Object.entries(attributes)) {
    if (!named.has(key)) line += `${key}=${goQuoted(valueText(value))} `;
  }
  for (const [key, value] of Object.entries(resource)) {
    const isLabel = namedResource.has(key) || (named.has(key) && attributes[key] === undefined);
    if (!isLabel) line += `${key}=${goQuoted(valueText(value))} `;
  }
  return line + valueText(log.body);
}

/** Everything as JSON, in the order and with the escapes of Go (pkg/translator/loki@v0.130.0 encode.go). */
export function jsonLine(log: LogView, attributes: Attributes, resource: Attributes): string {
  const { body, traceId, spanId, severityText, flags, scope } = log;
  const parts: string[] = [];
  const add = (name: string, json: string): void => {
    parts.push(`"${name}":${json}`);
  };
  if (body !== null) add('body', valueJson(body));
  if (traceId !== '') add('traceid', `"${traceId}"`);
  if (spanId !== '') add('spanid', `"${spanId}"`);
  if (severityText !== '') add('severity', JSON.stringify(severityText));
  if (flags !== 0) add('flags', String(flags));
  if (Object.keys(attributes).length > 0) add('attributes', valueJson(attributes));
  if (Object.keys(resource).length > 0) add('resources', valueJson(resource));
  if (scope.name !== '') add('instrumentation_scope', scopeJson(log));
  return `{${parts.join(',')}}`.replaceAll(/[<>&\u2028\u2029]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function scopeJson({ scope }: LogView): string {
  const parts = [`"name":${JSON.stringify(scope.name)}`];
  if (scope.version !== '') parts.push(`"version":${JSON.stringify(scope.version)}`);
  const attributes = scope.attributes.toObject();
  if (Object.keys(attributes).length > 0) parts.push(`"attributes":${valueJson(attributes)}`);
  return `{${parts.join(',')}}`;
}

type Pair = [key: string, value: string];

export function logfmtLine(log: LogView, attributes: Attributes, resource: Attributes): string {
  const pairs = bodyPairs(log.body);
  const set = (key: string, value: string): void => {
    const before = pairs.find(([one]) => one === key);
    if (before === undefined) pairs.push([key, value]);
    else before[1] = value;
  };
  if (log.traceId !== '') set('traceID', log.traceId);
  if (log.spanId !== '') set('spanID', log.spanId);
  if (log.severityText !== '') set('severity', log.severityText);
  if (log.flags !== 0) set('flags', String(log.flags));
  for (const [key, value] of Object.entries(attributes)) flatten(`attribute_${key}`, value, pairs);
  for (const [key, value] of Object.entries(resource)) flatten(`resource_${key}`, value, pairs);
  const { name, version, attributes: ofScope } = log.scope;
  if (name !== '') {
    pairs.push(['instrumentation_scope_name', name]);
    if (version !== '') pairs.push(['instrumentation_scope_version', version]);
    for (const [key, value] of ofScope.entries()) flatten(`instrumentation_scope_attribute_${key}`, value, pairs);
  }
  return pairs.map(([key, value]) => `${logfmtKey(key)}=${logfmtValue(value)}`).join(' ');
}

function bodyPairs(body: AnyValue): Pair[] {
  const pairs: Pair[] = [];
  if (typeof body === 'string') return parseLogfmt(body) ?? [['msg', body]];
  if (Array.isArray(body)) flatten('body', body, pairs);
  else if (isMap(body)) flatten('', body, pairs);
  else if (body !== null) pairs.push(['msg', valueText(body)]);
  return pairs;
}

function isMap(value: AnyValue): value is { [key: string]: AnyValue } {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Double);
}

function flatten(key: string, value: AnyValue, pairs: Pair[]): void {
  const prefix = key === '' ? '' : `${key}_`;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) flatten(prefix + index, item, pairs);
  } else if (isMap(value)) {
    for (const [name, item] of Object.entries(value)) flatten(prefix + name, item, pairs);
  } else if (value !== null) pairs.push([key, valueText(value)]);
}

/** A body that is logfmt itself; undefined for any other. */
function parseLogfmt(text: string): Pair[] | undefined {
  if (text.includes('\n')) return undefined;
  const pairs: Pair[] = [];
  const pair =
    /[^!-\uffff]*([!#-<>-\uffff]+)(?:=(?:"((?:[^"\\]|\\.)*)"(?=[^!-\uffff]|$)|([!#-<>-\uffff]*)(?=[^!-\uffff]|$))|(?=[^!-\uffff]|$))/y;
  while (pair.lastIndex < text.length) {
    const from = pair.lastIndex;
    const match = pair.exec(text);
    if (match === null) return text.slice(from).trim() === '' ? pairs : undefined;
    pairs.push([match[1]!, match[2] === undefined ? (match[3] ?? '') : unescaped(match[2])]);
  }
  return pairs;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

function logfmtKey(key: string): string {
  return key.replaceAll(/[^!#-<>-\ufffc\ufffe\uffff]/g, '');
}

function logfmtValue(value: string): string {
  return /[^!#-<>-\ufffc\ufffe\uffff]/.test(value) ? JSON.stringify(value) : value;
}
