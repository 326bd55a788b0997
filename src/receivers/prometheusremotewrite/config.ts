import {
  type AdmissionConfig,
  admission,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  toHttpServer,
} from '#config';

/** What users write under `prometheusremotewrite:` (otelcol-contrib receiver/prometheusremotewritereceiver). */
export interface PrometheusRemoteWriteReceiverConfig {
  readonly server: HttpServerConfig;
  readonly admission: AdmissionConfig;
}

export const prometheusRemoteWriteReceiverSchema: Schema<PrometheusRemoteWriteReceiverConfig> = strictObject({
  ...httpServerShape({ endpoint: 'localhost:9090', writeTimeoutMs: 0, idleTimeoutMs: 0 }),
  admission,
}).transform((raw) => ({ server: toHttpServer(raw), admission: raw.admission }));
