/** For writing a double that is a whole number, which as a JavaScript number would become an int. Reading gives plain numbers. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  toString(): string {
    return String(this.value);
  }
}

/** A value as JavaScript sees it. int64 beyond 2^53 is a bigint, bytes are a Uint8Array. */
export type AnyValue =
  | Double
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | AnyValue[]
  | { [key: string]: AnyValue };
