import { positiveDuration, type Schema, strictObject, text } from '#config';

/** What users write under `example:`, as it is used. */
export interface ExampleReceiverConfig {
  readonly intervalMs: number;
  readonly body: string;
}

export const exampleReceiverSchema: Schema<ExampleReceiverConfig> = strictObject({
  interval: positiveDuration(10_000).describe('between two log records'),
  body: text('alive').describe('what they say'),
}).transform((raw) => ({ intervalMs: raw.interval, body: raw.body }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateExampleReceiver({ intervalMs }: ExampleReceiverConfig): readonly Mistake[] {
  return intervalMs > 0 ? [] : [{ path: ['interval'], message: 'must be greater than zero' }];
}
