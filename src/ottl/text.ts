import { Double } from '#pdata';
import { textOrder } from './compare.ts';
import { formatRfc3339 } from './time/rfc3339.ts';
import {
  Duration,
  EvaluationError,
  Id,
  isInt,
  isList,
  numberOf,
  Time,
  typeName,
  type Value,
  type ValueMap,
} from './values.ts';

/** A value as pcommon.Value.AsString prints it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return jsonOf(value);
}

/** A value as functions take it that make a text of whatever they get; undefined for nil. */
export function asTextLike(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return jsonOf(value, true);
}

/** As Go's encoding/json prints it: keys in order, bytes in base64. `escapesHtml`: so that it can stand in a page. */
export function jsonOf(value: Value, escapesHtml = false): string {
  const json = jsonText(value);
  if (!escapesHtml || !/[<>&]/.test(json)) return json;
  return json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

function jsonText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
  if (isInt(value)) return String(value);
  if (typeof value === 'number' || value instanceof Double) return jsonNumber(numberOf(value));
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (value instanceof Map) return jsonMap(value);
  if (value instanceof Time) return `"${formatRfc3339(value)}"`;
  if (value instanceof Duration) return String(value.ns);
  if (value instanceof Id) return `[${Array.from(Buffer.from(value.hex, 'hex')).join(',')}]`;
  throw new EvaluationError(`a ${typeName(value)} has no text`, true);
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new EvaluationError(`JSON has no ${value}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

function jsonMap(map: ValueMap): string {
  const keys = Array.from(map.keys()).sort(textOrder);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jsonText(map.get(key)!)}`).join(',')}}`;
}
