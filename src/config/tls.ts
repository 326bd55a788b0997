import type { z } from 'zod';
import { type Shape, type ShapeOutput, strictObject } from './object.ts';
import type { Secret } from './secret.ts';
import { boolean, duration, list, secret, text } from './values.ts';

/** What clients and servers share of a `tls` block (otelcol config/configtls; research: collector §1.7). Empty texts mean "not set". */
export interface TlsConfig {
  readonly caFile: string;
  readonly caPem: Secret | undefined;
  readonly certFile: string;
  readonly certPem: Secret | undefined;
  readonly keyFile: string;
  readonly keyPem: Secret | undefined;
  readonly includeSystemCaCertsPool: boolean;
  /** `1.0` to `1.3`. */
  readonly minVersion: string;
  /** Empty: the newest. */
  readonly maxVersion: string;
  readonly cipherSuites: readonly string[];
  readonly curvePreferences: readonly string[];
  /** 0: files are read once. */
  readonly reloadIntervalMs: number;
}

export interface TlsClientConfig extends TlsConfig {
  /** Talk without TLS. */
  readonly insecure: boolean;
  readonly insecureSkipVerify: boolean;
  readonly serverNameOverride: string;
}

export interface TlsServerConfig extends TlsConfig {
  /** Clients must show a certificate signed by one of these. */
  readonly clientCaFile: string;
  readonly clientCaFileReload: boolean;
}

const shared = {
  ca_file: text(''),
  ca_pem: secret().optional(),
  cert_file: text(''),
  cert_pem: secret().optional(),
  key_file: text(''),
  key_pem: secret().optional(),
  include_system_ca_certs_pool: boolean(false),
  min_version: tlsVersion('1.2'),
  max_version: tlsVersion(''),
  cipher_suites: list(text()),
  curve_preferences: list(text()),
  reload_interval: duration(0),
} satisfies Shape;

function tlsVersion(defaultValue: string): z.ZodType<string> {
  return text()
    .refine((version) => /^(|1\.[0-3])$/.test(version), { error: 'must be one of "1.0", "1.1", "1.2", "1.3"' })
    .default(defaultValue);
}

function toShared(raw: ShapeOutput<typeof shared>): TlsConfig {
  return {
    caFile: raw.ca_file,
    caPem: raw.ca_pem,
    certFile: raw.cert_file,
    certPem: raw.cert_pem,
    keyFile: raw.key_file,
    keyPem: raw.key_pem,
    includeSystemCaCertsPool: raw.include_system_ca_certs_pool,
    minVersion: raw.min_version,
    maxVersion: raw.max_version,
    cipherSuites: raw.cipher_suites,
    curvePreferences: raw.curve_preferences,
    reloadIntervalMs: raw.reload_interval,
  };
}

function pairMistake(config: TlsConfig): string | undefined {
  const hasCert = config.certFile !== '' || config.certPem !== undefined;
  const hasKey = config.keyFile !== '' || config.keyPem !== undefined;
  if (config.caFile !== '' && config.caPem !== undefined) return 'provide either ca_file or ca_pem, but not both';
  if (hasCert !== hasKey) return 'provide both certificate and key, or neither';
  if (config.minVersion !== '' && config.maxVersion !== '' && config.minVersion > config.maxVersion) {
    return 'min_version cannot be greater than max_version';
  }
  return undefined;
}

/** The `tls` block of a client. */
export const tlsClient: z.ZodType<TlsClientConfig> = strictObject({
  ...shared,
  insecure: boolean(false),
  insecure_skip_verify: boolean(false),
  server_name_override: text(''),
})
  .transform((raw) => ({
    ...toShared(raw),
    insecure: raw.insecure,
    insecureSkipVerify: raw.insecure_skip_verify,
    serverNameOverride: raw.server_name_override,
  }))
  .superRefine((config, context) => {
    const message = pairMistake(config);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** The `tls` block of a server. Make it `.optional()`: without the block a server speaks plain text. */
export const tlsServer: z.ZodType<TlsServerConfig> = strictObject({
  ...shared,
  client_ca_file: text(''),
  client_ca_file_reload: boolean(false),
})
  .transform((raw) => ({
    ...toShared(raw),
    clientCaFile: raw.client_ca_file,
    clientCaFileReload: raw.client_ca_file_reload,
  }))
  .superRefine((config, context) => {
    const hasCert = config.certFile !== '' || config.certPem !== undefined;
    const message =
      pairMistake(config) ??
      (hasCert ? undefined : 'TLS configuration must include both certificate and key for server connections');
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
