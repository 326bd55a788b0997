import type { z } from 'zod';
import { excerpt, nearest } from '#base';
import { type Shape, type ShapeOutput, strictObject } from './object.ts';
import type { Secret } from './secret.ts';
import { ABSENT_TLS_CIPHER_SUITES, INSECURE_TLS_CIPHER_SUITES, TLS_CIPHER_SUITES, TLS_CURVES } from './tls-names.ts';
import { boolean, list, oneOf, positiveDuration, secret, text } from './values.ts';

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
  /** Go's names, for TLS 1.2 and older: the suites of 1.3 are always all on. */
  readonly cipherSuites: readonly string[];
  readonly curvePreferences: readonly string[];
  /** How often the files are read again; 0: they are read once. */
  readonly reloadIntervalMs: number;
}

export interface TlsClientConfig extends TlsConfig {
  /** Talk without TLS, unless there is a CA to check the peer with. */
  readonly insecure: boolean;
  readonly insecureSkipVerify: boolean;
  readonly serverNameOverride: string;
}

export interface TlsServerConfig extends TlsConfig {
  /** Clients must show a certificate signed by one of these. */
  readonly clientCaFile: string;
  /** Use the file's new content when it changes. */
  readonly clientCaFileReload: boolean;
}

const NO_TPM = 'keys of a trusted platform module are not there yet; use key_file or key_pem';

const shared = {
  ca_file: text('').describe('a file with the certificates of those who sign for the far side'),
  ca_pem: secret().optional().describe('the same as a text'),
  cert_file: text('').describe('a file with the certificate to show, and what leads to its signer'),
  cert_pem: secret().optional().describe('the same as a text'),
  key_file: text('').describe('a file with the key of the certificate'),
  key_pem: secret().optional().describe('the same as a text'),
  include_system_ca_certs_pool: boolean(false).describe("trusts the system's certificates besides those of `ca_file`"),
  min_version: tlsVersion('1.2').describe('the oldest version of TLS, `1.0` to `1.3`'),
  max_version: tlsVersion('').meta({ description: 'the newest version of TLS', defaultText: 'the newest' }),
  cipher_suites: list(text()).meta({ description: "of TLS 1.2 and older, in Go's names", defaultText: 'those of Go' }),
  include_insecure_cipher_suites: boolean(false).describe('lets `cipher_suites` name insecure ones'),
  curve_preferences: list(oneOf([...TLS_CURVES.keys()])).meta({
    description: 'for the exchange of keys',
    defaultText: 'those of Node',
  }),
  tpm: strictObject({
    enabled: boolean(false)
      .refine((isOn) => !isOn, { error: NO_TPM })
      .meta({ description: 'refused: the key must be a file or a text', idle: { why: NO_TPM, quiet: [false] } }),
    path: text('').meta({ description: 'the device', idle: { why: NO_TPM, quiet: [''] } }),
    owner_auth: secret()
      .optional()
      .meta({ description: "the owner's secret", idle: { why: NO_TPM, quiet: [] } }),
    auth: secret()
      .optional()
      .meta({ description: "the key's secret", idle: { why: NO_TPM, quiet: [] } }),
  })
    .optional()
    .describe('the key from a trusted platform module, which is not there yet'),
  reload_interval: positiveDuration(0).describe('the files are read again so often; 0 reads them once'),
} satisfies Shape;

function tlsVersion(defaultValue: string): z.ZodType<string> {
  return text()
    .refine((version) => /^(|1\.[0-3])$/.test(version), { error: 'must be one of "1.0", "1.1", "1.2", "1.3"' })
    .default(defaultValue);
}

type RawShared = ShapeOutput<typeof shared>;

function toShared(raw: RawShared): TlsConfig {
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

type Issue = { readonly path: readonly (string | number)[]; readonly message: string };

/** An empty file name or text counts as not given, as in otelcol. */
function has(file: string, pem: Secret | undefined): boolean {
  return file !== '' || hasText(pem);
}

function hasText(pem: Secret | undefined): boolean {
  return pem !== undefined && pem.reveal() !== '';
}

/** What otelcol's Config.Validate says, and what it finds in the names when it starts. */
function mistakesIn(raw: RawShared): Issue[] {
  const issues: Issue[] = [];
  for (const name of ['ca', 'cert', 'key'] as const) {
    if (raw[`${name}_file`] === '' || !hasText(raw[`${name}_pem`])) continue;
    issues.push({ path: [`${name}_pem`], message: `provide either ${name}_file or ${name}_pem, but not both` });
  }
  if (has(raw.cert_file, raw.cert_pem) !== has(raw.key_file, raw.key_pem)) {
    issues.push({ path: [], message: 'provide both certificate and key, or neither' });
  }
  if (raw.min_version !== '' && raw.max_version !== '' && raw.min_version > raw.max_version) {
    issues.push({ path: ['min_version'], message: 'min_version cannot be greater than max_version' });
  }
  raw.cipher_suites.forEach((name, i) => {
    const message = suiteMistake(name, raw.include_insecure_cipher_suites);
    if (message !== undefined) issues.push({ path: ['cipher_suites', i], message });
  });
  return issues;
}

function suiteMistake(name: string, takesInsecure: boolean): string | undefined {
  if (TLS_CIPHER_SUITES.has(name)) return undefined;
  if (ABSENT_TLS_CIPHER_SUITES.has(name)) return `the cipher suite ${name} is too weak to be offered here; take it out`;
  if (INSECURE_TLS_CIPHER_SUITES.has(name)) {
    return takesInsecure
      ? undefined
      : `the cipher suite ${name} is insecure; take it out or set include_insecure_cipher_suites: true`;
  }
  const said = `invalid TLS cipher suite: "${excerpt(name)}"`;
  const known = [...TLS_CIPHER_SUITES, ...INSECURE_TLS_CIPHER_SUITES];
  const own =
    known.find(([, opensslName]) => opensslName === name)?.[0] ?? nearest(name, [...TLS_CIPHER_SUITES.keys()]);
  return own === undefined ? `${said}; write Go's names, such as ${SAMPLE_SUITE}` : `${said} (did you mean "${own}"?)`;
}

const SAMPLE_SUITE = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';

/** A schema that reads the block with `toConfig` once nothing is wrong with it. */
function checked<S extends typeof shared, Config>(
  shape: S,
  toConfig: (raw: ShapeOutput<S>) => Config,
  check: (raw: ShapeOutput<S>) => Issue[],
): z.ZodType<Config> {
  return strictObject(shape)
    .superRefine((raw, context) => {
      for (const { path, message } of check(raw)) context.addIssue({ code: 'custom', path: [...path], message });
    })
    .transform(toConfig);
}

const clientShape = {
  ...shared,
  insecure: boolean(false).describe('plain text, unless there is a CA to check the far side with'),
  insecure_skip_verify: boolean(false).describe("doesn't check who the far side is"),
  server_name_override: text('').meta({
    description: 'the name that its certificate must have',
    defaultText: 'the host',
  }),
} satisfies Shape;

/** The `tls` block of a client. */
export const tlsClient: z.ZodType<TlsClientConfig> = checked(
  clientShape,
  (raw) => ({
    ...toShared(raw),
    insecure: raw.insecure,
    insecureSkipVerify: raw.insecure_skip_verify,
    serverNameOverride: raw.server_name_override,
  }),
  mistakesIn,
);

const serverShape = {
  ...shared,
  client_ca_file: text('').describe('clients must show a certificate that one of these has signed'),
  client_ca_file_reload: boolean(false).describe('uses the new content of that file when it changes'),
} satisfies Shape;

/** The `tls` block of a server. Make it `.optional()`: without the block a server speaks plain text. */
export const tlsServer: z.ZodType<TlsServerConfig> = checked(
  serverShape,
  (raw) => ({ ...toShared(raw), clientCaFile: raw.client_ca_file, clientCaFileReload: raw.client_ca_file_reload }),
  (raw) => {
    const mistakes = mistakesIn(raw);
    const hasNone = !has(raw.cert_file, raw.cert_pem) && !has(raw.key_file, raw.key_pem);
    const message = 'TLS configuration must include both certificate and key for server connections';
    return hasNone ? [...mistakes, { path: [], message }] : mistakes;
  },
);
