import { type Schema, strictObject, text } from '#config';

/** What users write under `example:`, as it is used. */
export interface ExampleConfig {
  readonly greeting: string;
}

export const exampleSchema: Schema<ExampleConfig> = strictObject({
  greeting: text('ready').describe('is written into the log at the start'),
});
