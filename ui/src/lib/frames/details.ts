/** What is known of one thing as a frame of keys and values, a row each. */
import type { Attributes, AttributeValue } from '#api/types.ts';
import { type Frame, frameOfRows } from '../frame.ts';

/** In the order given. */
export function detailsFrame(name: string, entries: readonly (readonly [key: string, value: AttributeValue])[]): Frame {
  return frameOfRows(name, entries, { key: { text: ([key]) => key }, value: { value: ([, value]) => value } });
}

/** Sorted by key. */
export function attributesFrame(name: string, attributes: Attributes): Frame {
  return detailsFrame(
    name,
    Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b)),
  );
}
