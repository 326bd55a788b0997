import {
  type AdmissionConfig,
  admission,
  boolean,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  toHttpServer,
} from '#config';

/** What users write under `zipkin:` (otelcol-contrib receiver/zipkinreceiver). */
export interface ZipkinReceiverConfig {
  readonly server: HttpServerConfig;
  readonly parsesTags: boolean;
  readonly admission: AdmissionConfig;
}

export const zipkinReceiverSchema: Schema<ZipkinReceiverConfig> = strictObject({
  ...httpServerShape({ endpoint: 'localhost:9411', writeTimeoutMs: 0, idleTimeoutMs: 0 }),
  parse_string_tags: boolean(false).describe('makes whole numbers, numbers and booleans of tags that look like them'),
  admission,
}).transform((raw) => ({ server: toHttpServer(raw), parsesTags: raw.parse_string_tags, admission: raw.admission }));
