import { type DeliveryConfig, deliveryShape, type Schema, strictObject, text, toDelivery } from '#config';

/** What users write under `example:`, as it is used. */
export interface ExampleExporterConfig {
  readonly prefix: string;
  readonly delivery: DeliveryConfig;
}

export const exampleExporterSchema: Schema<ExampleExporterConfig> = strictObject({
  prefix: text('').describe('stands before each line'),
  ...deliveryShape(),
}).transform((raw) => ({ prefix: raw.prefix, delivery: toDelivery(raw) }));
