/** Comparisons as what filters of attributes know them by (src/store/schema/attribute-filter.ts). */
import { namesOf } from '#lang';
import type { FilterValue } from '#lang/filter';
import { type FilterKind, hashKey, hashKind, hashNumber, hashText } from '#store/schema.ts';
import type { AttributeColumn } from '../source/index.ts';

export interface AttributeHashes {
  /** An item that has the value under the key has one of these at least. */
  readonly values: readonly number[];
  /** Of the kinds of values beside texts that the comparison may equal: one that no item has needs no look. */
  readonly kinds: readonly { readonly kind: FilterKind; readonly hash: number }[];
}

/** Undefined where the filters do not say: of keys with a type of their own, of truth values, and of numbers that are not whole. */
export function attributeHashes(column: AttributeColumn, key: string, value: FilterValue): AttributeHashes | undefined {
  const names = namesOf(key);
  if (key === '' || names.some((name) => column.typed.has(name))) return undefined;
  if (value.kind === 'boolean' || (value.kind === 'number' && !Number.isInteger(value.value))) return undefined;
  const text = Buffer.from(value.text);
  const keyHashes = names.map((name) => {
    const bytes = Buffer.from(name);
    return hashKey(bytes, 0, bytes.length);
  });
  const kinds: readonly FilterKind[] = value.kind === 'number' ? ['int', 'double', 'list'] : ['list'];
  return {
    values: keyHashes.flatMap((keyHash) => {
      const ofText = hashText(keyHash, text, 0, text.length);
      return value.kind === 'number' ? [ofText, hashNumber(keyHash, value.value)] : [ofText];
    }),
    kinds: kinds.flatMap((kind) => keyHashes.map((keyHash) => ({ kind, hash: hashKind(keyHash, kind) }))),
  };
}
