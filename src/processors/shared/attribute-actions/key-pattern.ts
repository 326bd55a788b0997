import { RE2JS } from 're2js';
import { type AttributeCursor, type AttributeKey, attributeKey, type Chunk, textAt, UNKNOWN_KEY } from '#pdata';

/**
 * Finds the keys of the owner that the cursor stands on which match a pattern anywhere. A key of the dictionary is matched once in the
 * life of the process; the dictionary is bounded, and so is what is remembered here.
 */
export function matchingKeys(pattern: string): (chunk: Chunk, attributes: AttributeCursor) => AttributeKey[] {
  const expression = RE2JS.compile(pattern);
  const known = new Map<number, AttributeKey | undefined>();
  const match = (text: string): AttributeKey | undefined =>
    expression.matcher(text).find() ? attributeKey(text) : undefined;
  return ({ arena }, { table, owner }) => {
    const keys: AttributeKey[] = [];
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const id = table.keyId[row]!;
      let key = known.get(id);
      if (key === undefined && !known.has(id)) {
        key = match(textAt(arena, table.keyAt[row]!, table.keyLength[row]!));
        if (id !== UNKNOWN_KEY) known.set(id, key);
      }
      if (key !== undefined) keys.push(key);
    }
    return keys;
  };
}
