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

const STACK = 'exception.stacktrace';

/** The stack trace of an exception, which is shown as one, and not among the attributes. */
export function stackOf(attributes: Attributes): string | undefined {
  const stack = attributes[STACK];
  return typeof stack === 'string' ? stack : undefined;
}

export function withoutStack(attributes: Attributes): Attributes {
  if (stackOf(attributes) === undefined) return attributes;
  const { [STACK]: _stack, ...others } = attributes;
  return others;
}
