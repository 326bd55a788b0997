import { type JsonObject, type JsonValue, objectsOf, withoutGaps } from '../json.ts';

/**
 * Value mappings in the form since schema 30, `{type: value|range|regex|special, options}`. Before, each was
 * `{type: 1, value, text}` or `{type: 2, from, to, text}`; all of one value become one mapping, as Grafana writes them.
 */
export function mappingsOf(mappings: JsonValue): JsonValue[] {
  const values: JsonObject = {};
  const others: JsonObject[] = [];
  for (const mapping of objectsOf(mappings)) {
    if (typeof mapping.type === 'string') {
      others.push(mapping);
      continue;
    }
    const result = withoutGaps({ text: mapping.text, color: mapping.color });
    if (mapping.type === 2 || (mapping.from !== undefined && mapping.to !== undefined && mapping.value === undefined))
      others.push({
        type: 'range',
        options: { from: asNumber(mapping.from), to: asNumber(mapping.to), result },
      });
    else if (mapping.value === 'null') others.push({ type: 'special', options: { match: 'null', result } });
    else if (mapping.value !== undefined) values[String(mapping.value)] = result;
  }
  return Object.keys(values).length === 0 ? others : [{ type: 'value', options: values }, ...others];
}

function asNumber(value: JsonValue | undefined): JsonValue {
  if (typeof value !== 'string') return value ?? null;
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? null : number;
}
