/** The value of an attribute as text. */
import type { AttributeValue } from '#api/types.ts';

const ONE_LINE_CHARS = 60;

/** Strings as they are, everything else as JSON, over several lines if it is long. */
export function printAttribute(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length > ONE_LINE_CHARS ? JSON.stringify(value, null, 2) : line;
}
