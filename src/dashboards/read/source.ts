import { isObject, textOf } from '../json.ts';
import type { JsonPlace } from '../json-place.ts';
import type { SourceRef } from '../model.ts';

/** A data source as files name it: `{type, uid}`, or before schema 33 its name alone. */
export function readSource(place: JsonPlace): SourceRef | undefined {
  const { value } = place;
  if (typeof value === 'string') return value === '' ? undefined : { type: '', uid: value };
  if (isObject(value)) {
    const source = { type: textOf(value.type) ?? '', uid: textOf(value.uid) ?? '' };
    return source.type === '' && source.uid === '' ? undefined : source;
  }
  if (value !== undefined && value !== null)
    place.problem('must be the name of a data source or {type, uid}; left out');
  return undefined;
}
