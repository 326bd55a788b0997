/** Types of an attribute's value: the field numbers of OTLP's AnyValue. */
export const VALUE_EMPTY = 0;
export const VALUE_STRING = 1;
export const VALUE_BOOL = 2;
export const VALUE_INT = 3;
export const VALUE_DOUBLE = 4;
export const VALUE_ARRAY = 5;
export const VALUE_KVLIST = 6;
export const VALUE_BYTES = 7;

/** How deep arrays and maps may nest. A body with more is refused when it arrives. */
export const VALUE_DEPTH_LIMIT = 32;

/** In the place of a type: the row doesn't have the attribute. Beyond all others. */
export const VALUE_ABSENT = 255;

/** A value whose bytes lie in a chunk's arena. */
export interface PreparedValue {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}
