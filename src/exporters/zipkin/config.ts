import {
  type DeliveryConfig,
  deliveryShape,
  type HttpClientConfig,
  httpClientShape,
  oneOf,
  type Schema,
  strictObject,
  text,
  toDelivery,
  toHttpClient,
} from '#config';
import { clientMistakes } from '../shared/http-sender.ts';

/** What users write under `zipkin:` (otelcol-contrib exporter/zipkinexporter). */
export interface ZipkinExporterConfig {
  readonly client: HttpClientConfig;
  readonly delivery: DeliveryConfig;
  readonly format: 'json' | 'proto';
  readonly defaultServiceName: string;
}

export const zipkinExporterSchema: Schema<ZipkinExporterConfig> = strictObject({
  ...httpClientShape({ timeoutMs: 5000, writeBufferSizeBytes: 512 * 1024 }),
  ...deliveryShape(),
  format: oneOf(['json', 'proto'], 'json').describe('of the requests'),
  default_service_name: text('<missing service name>').describe('of spans whose resource has none'),
}).transform((raw) => ({
  client: toHttpClient(raw),
  delivery: toDelivery(raw),
  format: raw.format,
  defaultServiceName: raw.default_service_name,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateZipkinExporter({ client }: ZipkinExporterConfig): readonly Mistake[] {
  return clientMistakes(client, 'http://zipkin:9411/api/v2/spans');
}
