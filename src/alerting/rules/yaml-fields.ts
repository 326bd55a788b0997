import { parsePromDuration } from '#lang/promql';
import { YamlError, type YamlValue } from './rule-yaml.ts';

/** Fields of a map, as what they must be. Each throws a YamlError that knows the place. */

export type YamlMap = YamlValue & { readonly kind: 'map' };

/** Undefined where it is not there, or null. */
export function textAt(map: YamlMap, key: string): string | undefined {
  const value = map.entries.get(key)?.value;
  if (value === undefined || value.kind === 'scalar') return value?.text;
  throw new YamlError(`${key} must be a text`, value.place);
}

export function textsAt(map: YamlMap, key: string): ReadonlyMap<string, string> {
  const value = map.entries.get(key)?.value;
  if (value === undefined || isNull(value)) return new Map();
  if (value.kind !== 'map') throw new YamlError(`${key} must be a map of texts`, value.place);
  return new Map(Array.from(value.entries.keys(), (name) => [name, textAt(value, name) ?? '']));
}

/** In milliseconds. */
export function durationAt(map: YamlMap, key: string): number | undefined {
  const text = textAt(map, key);
  if (text === undefined) return undefined;
  try {
    return parsePromDuration(text);
  } catch (error) {
    throw new YamlError((error as Error).message, map.entries.get(key)!.value.place);
  }
}

export function listAt(map: YamlMap, key: string): readonly YamlValue[] {
  const value = map.entries.get(key)?.value;
  if (value === undefined || isNull(value)) return [];
  if (value.kind !== 'list') throw new YamlError(`${key} must be a list`, value.place);
  return value.items;
}

export function mapsAt(map: YamlMap, key: string): readonly YamlMap[] {
  return listAt(map, key).map((item) => mapOf(item, `each of ${key}`));
}

export function mapOf(value: YamlValue, what: string): YamlMap {
  if (value.kind !== 'map') throw new YamlError(`${what} must be a map`, value.place);
  return value;
}

export function isNull(value: YamlValue): boolean {
  return value.kind === 'scalar' && value.text === undefined;
}

/** Throws for the first key that is none of `known`; `type` is what Prometheus calls such a map. */
export function refuseUnknown(map: YamlMap, known: ReadonlySet<string>, type: string): void {
  for (const [name, { keyPlace }] of map.entries)
    if (!known.has(name)) throw new YamlError(`field ${name} not found in type ${type}`, keyPlace);
}
