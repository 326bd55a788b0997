/** What Loki calls structured metadata, of an OTLP record: all that it says besides its line and its stream's labels. */
import { plainValue, type StoredAttribute, type StoredValue } from '../../reader/index.ts';

/** A key as Loki names it: other signs than letters, digits and `_` become `_`; a digit in front has one before it. */
export function metadataName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/** Calls `take` for each value that is not empty; maps are taken apart, lists are JSON. */
export function eachMetadata(
  attributes: readonly StoredAttribute[],
  take: (name: string, text: string) => void,
  prefix = '',
): void {
  for (const { key, value } of attributes) {
    const name = prefix === '' ? metadataName(key) : `${prefix}_${metadataName(key)}`;
    if (value.type === 'map') eachMetadata(value.value, take, name);
    else {
      const text = textOf(value);
      if (text !== '') take(name, text);
    }
  }
}

function textOf(value: StoredValue): string {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'int':
    case 'double':
    case 'bool':
      return String(value.value);
    case 'empty':
      return '';
    default: {
      const plain = plainValue(value);
      return typeof plain === 'string' ? plain : JSON.stringify(plain);
    }
  }
}
