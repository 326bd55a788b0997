import type { YamlPlace, YamlValue } from '../rule-yaml.ts';
import { YamlError } from '../rule-yaml.ts';
import { textAt, type YamlMap } from '../yaml-fields.ts';

/** Fields of Grafana's files, which are written by hand, by Grafana and by Terraform alike: numbers may be texts. */

export function placeOf(map: YamlMap, key: string): YamlPlace {
  return map.entries.get(key)?.value.place ?? map.place;
}

/** `$$` is a dollar that is meant; all others stay, since templates and expressions have their own. */
export function rawAt(map: YamlMap, key: string): string | undefined {
  return textAt(map, key)?.replaceAll('$$', '$');
}

export function mapAt(map: YamlMap, key: string): YamlMap | undefined {
  const value = map.entries.get(key)?.value;
  if (value === undefined || (value.kind === 'scalar' && value.text === undefined)) return undefined;
  if (value.kind === 'map') return value;
  throw new YamlError(`${key} must be a map`, value.place);
}

export function numberAt(map: YamlMap, key: string): number | undefined {
  const text = textAt(map, key);
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new YamlError(`${key} must be a number, got ${JSON.stringify(text)}`, placeOf(map, key));
}

export function flagAt(map: YamlMap, key: string): boolean {
  const text = textAt(map, key);
  if (text === undefined || text === '' || text === 'false') return false;
  if (text === 'true') return true;
  throw new YamlError(`${key} must be true or false, got ${JSON.stringify(text)}`, placeOf(map, key));
}

/** One of some words. */
export function choiceAt<T extends string>(map: YamlMap, key: string, choices: readonly T[], otherwise: T): T {
  const text = textAt(map, key) ?? '';
  if (text === '') return otherwise;
  const found = choices.find((each) => each === text);
  if (found !== undefined) return found;
  throw new YamlError(
    `${key} ${JSON.stringify(text)} is not known; it is one of ${choices.join(', ')}`,
    placeOf(map, key),
  );
}

export function numbersIn(value: YamlValue | undefined): readonly number[] {
  if (value?.kind !== 'list') return [];
  return value.items.map((item) => {
    const number = item.kind === 'scalar' ? Number(item.text ?? Number.NaN) : Number.NaN;
    if (Number.isFinite(number)) return number;
    throw new YamlError('params must be numbers', item.place);
  });
}
