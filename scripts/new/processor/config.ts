import { type Schema, strictObject, text } from '#config';

/** What users write under `example:`, as it is used. */
export interface ExampleConfig {
  /** Items that have this attribute are left out; '' for none. */
  readonly attribute: string;
}

export const exampleSchema: Schema<ExampleConfig> = strictObject({
  attribute: text('').describe('items that have this attribute are left out; empty for none'),
});
