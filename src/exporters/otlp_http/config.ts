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
import { httpTarget } from '#net';
import type { Signal } from '#pdata';
import { middlewareMistakes } from '../shared/http-sender.ts';

export interface OtlpHttpExporterConfig {
  readonly client: HttpClientConfig;
  readonly delivery: DeliveryConfig;
  readonly encoding: 'proto' | 'json';
  /** The full URL of each signal; '' where neither `endpoint` nor its own is set. */
  readonly urls: Readonly<Record<Signal, string>>;
}

const TIMEOUT_MS = 30_000;

export const otlpHttpExporterSchema: Schema<OtlpHttpExporterConfig> = strictObject({
  ...httpClientShape({ timeoutMs: TIMEOUT_MS, compression: 'gzip', writeBufferSizeBytes: 512 * 1024 }),
  ...deliveryShape({ timeoutMs: TIMEOUT_MS }),
  encoding: oneOf(['proto', 'json'], 'proto').describe('of the messages: protobuf or JSON'),
  traces_endpoint: text('').describe('the full URL of this signal, used as it is'),
  metrics_endpoint: text('').describe('the full URL of this signal, used as it is'),
  logs_endpoint: text('').describe('the full URL of this signal, used as it is'),
  profiles_endpoint: text('').meta({
    description: 'the full URL of this signal',
    idle: { why: 'profiles are no signal here yet', quiet: [''] },
  }),
}).transform((raw) => {
  const { endpoint } = raw;
  return {
    client: toHttpClient(raw),
    delivery: toDelivery(raw),
    encoding: raw.encoding,
    urls: {
      traces: raw.traces_endpoint || signalUrl(endpoint, 'traces'),
      metrics: raw.metrics_endpoint || signalUrl(endpoint, 'metrics'),
      logs: raw.logs_endpoint || signalUrl(endpoint, 'logs'),
    },
  };
});

/** `/v1/{signal}` behind a base URL. */
function signalUrl(endpoint: string, signal: Signal): string {
  if (endpoint === '') return '';
  return `${endpoint}${endpoint.endsWith('/') ? '' : '/'}v1/${signal}`;
}

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateOtlpHttpExporter(config: OtlpHttpExporterConfig): readonly Mistake[] {
  const { client, urls } = config;
  const mistakes: Mistake[] = [];
  if (urls.traces === '' && urls.metrics === '' && urls.logs === '') {
    mistakes.push({ path: [], message: 'at least one endpoint must be specified' });
  }
  for (const [signal, url] of Object.entries(urls)) {
    if (url === '') continue;
    try {
      httpTarget(url);
    } catch {
      const isBase = url === signalUrl(client.endpoint, signal as Signal);
      if (isBase && signal !== 'traces') continue;
      const path = isBase ? 'endpoint' : `${signal}_endpoint`;
      const value = isBase ? client.endpoint : url;
      mistakes.push({ path: [path], message: urlHint(value) });
    }
  }
  mistakes.push(...middlewareMistakes(client.middlewares));
  return mistakes;
}

function urlHint(value: string): string {
  const hostPort = /^([\w.-]*|\[[\da-fA-F:]+\]):(\d+)$/.exec(value);
  const near = hostPort === null ? '' : ` (did you mean "http://${hostPort[1] || 'localhost'}:${hostPort[2]}"?)`;
  return `must be a URL such as https://otel.example.com:4318, got "${value}"${near}`;
}
