import { type Schema, strictObject, text } from '#config';

/** What users write under `example:`, as it is used. */
export interface ExampleConnectorConfig {
  readonly metric: string;
}

export const exampleConnectorSchema: Schema<ExampleConnectorConfig> = strictObject({
  metric: text('example.items').describe('the name of the metric'),
});
