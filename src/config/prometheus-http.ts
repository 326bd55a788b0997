import type { z } from 'zod';
import { type HttpClientConfig, httpClient } from './http-client.ts';
import { describe, type ShapeOf, strictObject } from './object.ts';
import type { Secret } from './secret.ts';
import { boolean, list, mapOf, oneOf, secret, text } from './values.ts';

/** How targets and discovery endpoints are asked: prometheus/common@v0.70.1 config.HTTPClientConfig. */
export interface PromHttpConfig {
  readonly client: HttpClientConfig;
  readonly credentials: CredentialsConfig | undefined;
  /** Of `http_headers`: their values are in the client's headers, those of files here. */
  readonly headerFiles: readonly { readonly name: string; readonly file: string }[];
  readonly followsRedirects: boolean;
}

export type CredentialsConfig =
  | { readonly kind: 'basic'; readonly username: FileOr; readonly password: FileOr }
  | { readonly kind: 'token'; readonly type: string; readonly credentials: FileOr }
  | {
      readonly kind: 'oauth2';
      readonly clientId: string;
      readonly clientSecret: FileOr;
      readonly scopes: readonly string[];
      readonly tokenUrl: string;
      readonly endpointParams: ReadonlyMap<string, string>;
      readonly client: HttpClientConfig;
    };

/** A secret, or the file that it is read from again and again. */
export interface FileOr {
  readonly value: Secret | undefined;
  readonly file: string;
}

export interface RawTls {
  readonly ca: string;
  readonly ca_file: string;
  readonly cert: string;
  readonly cert_file: string;
  readonly key?: Secret | undefined;
  readonly key_file: string;
  readonly server_name: string;
  readonly insecure_skip_verify: boolean;
  readonly min_version: string;
  readonly max_version: string;
}

export interface RawBasicAuth {
  readonly username: string;
  readonly username_file: string;
  readonly password?: Secret | undefined;
  readonly password_file: string;
}

export interface RawAuthorization {
  readonly type: string;
  readonly credentials?: Secret | undefined;
  readonly credentials_file: string;
}

export interface RawProxy {
  readonly proxy_url: string;
  readonly no_proxy: string;
  readonly proxy_from_environment: boolean;
}

export interface RawOAuth2 extends RawProxy {
  readonly client_id: string;
  readonly client_secret?: Secret | undefined;
  readonly client_secret_file: string;
  readonly scopes: readonly string[];
  readonly token_url: string;
  readonly endpoint_params: ReadonlyMap<string, string>;
  readonly tls_config: RawTls;
}

export interface RawHeaderValues {
  readonly values: readonly string[];
  readonly secrets: readonly Secret[];
  readonly files: readonly string[];
}

const tls: z.ZodType<RawTls> = strictObject({
  ca: text('').describe('certificates of those who sign for the targets, as a text'),
  ca_file: text('').describe('the same in a file'),
  cert: text('').describe('the certificate to show, as a text'),
  cert_file: text('').describe('the same in a file'),
  key: secret().optional().describe('its key, as a text'),
  key_file: text('').describe('the same in a file'),
  server_name: text('').meta({
    description: "the name that the target's certificate must have",
    defaultText: 'the host',
  }),
  insecure_skip_verify: boolean(false).describe("doesn't check who the target is"),
  min_version: oneOf(['', 'TLS10', 'TLS11', 'TLS12', 'TLS13'], '').describe('the oldest version of TLS'),
  max_version: oneOf(['', 'TLS10', 'TLS11', 'TLS12', 'TLS13'], '').describe('the newest version of TLS'),
});

const basicAuth: z.ZodType<RawBasicAuth> = strictObject({
  username: text('').describe('of basic authentication'),
  username_file: text('').describe('a file that has it'),
  password: secret().optional().describe('its password'),
  password_file: text('').describe('a file that has it'),
});
const authorization: z.ZodType<RawAuthorization> = strictObject({
  type: text('Bearer').describe('the first word of the header'),
  credentials: secret().optional().describe('the second'),
  credentials_file: text('').describe('a file that has it'),
});
const proxyShape: ShapeOf<RawProxy> = {
  proxy_url: text('').describe('asks through this proxy'),
  no_proxy: text('').meta({
    description: 'hosts that are asked without it',
    idle: { why: 'use the environment variable NO_PROXY', quiet: [''] },
  }),
  proxy_from_environment: boolean(false).meta({
    description: 'uses `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`',
    idle: { why: 'they are used wherever `proxy_url` is empty', quiet: [true, false] },
  }),
};
const oauth2: z.ZodType<RawOAuth2> = strictObject({
  client_id: text().describe('of OAuth 2.0 client credentials'),
  client_secret: secret().optional().describe('its secret'),
  client_secret_file: text('').describe('a file that has it'),
  scopes: list(text()).describe('what is asked for'),
  token_url: text().describe('where tokens come from'),
  endpoint_params: mapOf(text()).describe('sent with the request for a token'),
  tls_config: tls.describe('of the connection to it'),
  ...proxyShape,
});
const headerValues: z.ZodType<RawHeaderValues> = strictObject({
  values: list(text()).describe('values of the header'),
  secrets: list(secret()).describe('values that are not shown'),
  files: list(text()).describe('files that have values'),
});

export interface RawPromHttp extends RawProxy {
  readonly basic_auth?: RawBasicAuth | undefined;
  readonly authorization?: RawAuthorization | undefined;
  readonly oauth2?: RawOAuth2 | undefined;
  readonly bearer_token?: Secret | undefined;
  readonly bearer_token_file: string;
  readonly tls_config: RawTls;
  readonly follow_redirects: boolean;
  readonly enable_http2: boolean;
  readonly http_headers: ReadonlyMap<string, RawHeaderValues>;
}

/** The keys, for the block that they stand in. Read them with `toPromHttp`. */
export const promHttpShape: ShapeOf<RawPromHttp> = {
  basic_auth: basicAuth.optional().describe('sends a user and a password'),
  authorization: authorization.optional().describe('sends a token'),
  oauth2: oauth2.optional().describe('sends a token that it fetches itself'),
  bearer_token: secret().optional().describe('the same as `authorization.credentials`'),
  bearer_token_file: text('').describe('the same as `authorization.credentials_file`'),
  tls_config: tls.describe('of connections by https'),
  follow_redirects: boolean(true).describe('goes where a redirect says'),
  enable_http2: boolean(true).meta({
    description: 'tries HTTP/2',
    idle: { why: 'targets are asked by HTTP/1.1, which all of them speak', quiet: [true, false] },
  }),
  ...proxyShape,
  http_headers: mapOf(headerValues).describe('headers of each request'),
};

const RELOAD_MS = 60_000;
const DEFAULT_CLIENT = httpClient();
/** Targets of one host are asked over connections that are kept for each other. */
const IDLE_CONNECTION_MS = 300_000;

/** Throws nothing: what is wrong is in `promHttpMistakes`. */
export function toPromHttp(raw: RawPromHttp): PromHttpConfig {
  const headers: { readonly name: string; readonly value: Secret }[] = [];
  const headerFiles: { readonly name: string; readonly file: string }[] = [];
  for (const [name, { values, secrets, files }] of raw.http_headers) {
    const plain = DEFAULT_CLIENT.parse({ headers: values.map((value) => ({ name, value })) }).headers;
    headers.push(...plain, ...secrets.map((value) => ({ name, value })));
    headerFiles.push(...files.map((file) => ({ name, file })));
  }
  return {
    client: { ...clientOf(raw.tls_config, raw.proxy_url), headers },
    credentials: credentialsOf(raw),
    headerFiles,
    followsRedirects: raw.follow_redirects,
  };
}

function clientOf(raw: RawTls, proxyUrl: string): HttpClientConfig {
  const client = DEFAULT_CLIENT.parse({ tls: tlsOf(raw), proxy_url: proxyUrl });
  return { ...client, compression: '', idleConnTimeoutMs: IDLE_CONNECTION_MS, maxIdleConnsPerHost: 1000 };
}

/** In the words of otelcol's block. */
function tlsOf(raw: RawTls): { readonly [key: string]: unknown } {
  const version = (text: string): string => (text === '' ? '' : `1.${text.slice(-1)}`);
  return {
    ca_file: raw.ca_file,
    ...(raw.ca !== '' && { ca_pem: raw.ca }),
    cert_file: raw.cert_file,
    ...(raw.cert !== '' && { cert_pem: raw.cert }),
    key_file: raw.key_file,
    ...(raw.key !== undefined && { key_pem: raw.key.reveal() }),
    ...(raw.min_version !== '' && { min_version: version(raw.min_version) }),
    ...(raw.max_version !== '' && { max_version: version(raw.max_version) }),
    insecure_skip_verify: raw.insecure_skip_verify,
    server_name_override: raw.server_name,
    reload_interval: raw.cert_file !== '' || raw.ca_file !== '' ? RELOAD_MS * 1e6 : 0,
  };
}

function credentialsOf(raw: RawPromHttp): CredentialsConfig | undefined {
  const { basic_auth: basic, authorization: token, oauth2: oauth } = raw;
  if (basic !== undefined) {
    return {
      kind: 'basic',
      username: { value: secretOf(basic.username), file: basic.username_file },
      password: { value: basic.password, file: basic.password_file },
    };
  }
  if (token !== undefined) {
    return { kind: 'token', type: token.type, credentials: { value: token.credentials, file: token.credentials_file } };
  }
  if (raw.bearer_token !== undefined || raw.bearer_token_file !== '') {
    return { kind: 'token', type: 'Bearer', credentials: { value: raw.bearer_token, file: raw.bearer_token_file } };
  }
  if (oauth === undefined) return undefined;
  return {
    kind: 'oauth2',
    clientId: oauth.client_id,
    clientSecret: { value: oauth.client_secret, file: oauth.client_secret_file },
    scopes: oauth.scopes,
    tokenUrl: oauth.token_url,
    endpointParams: oauth.endpoint_params,
    client: clientOf(oauth.tls_config, oauth.proxy_url),
  };
}

function secretOf(value: string): Secret | undefined {
  return value === '' ? undefined : secret().parse(value);
}

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function promHttpMistakes(raw: RawPromHttp): Mistake[] {
  const mistakes: Mistake[] = [];
  const bearer = raw.bearer_token !== undefined || raw.bearer_token_file !== '';
  const given = [raw.basic_auth, raw.authorization, raw.oauth2, bearer ? true : undefined].filter(Boolean);
  if (given.length > 1) {
    mistakes.push({
      path: [],
      message: 'at most one of basic_auth, authorization, oauth2 and bearer_token(_file) must be configured',
    });
  }
  if (raw.authorization?.type.toLowerCase() === 'basic') {
    mistakes.push({
      path: ['authorization', 'type'],
      message: 'authorization type cannot be set to "basic", use "basic_auth" instead',
    });
  }
  const parsed = DEFAULT_CLIENT.safeParse({ tls: tlsOf(raw.tls_config), proxy_url: raw.proxy_url });
  for (const { message } of parsed.error?.issues ?? []) mistakes.push({ path: ['tls_config'], message });
  if (raw.proxy_url !== '' && !URL.canParse(raw.proxy_url)) {
    mistakes.push({ path: ['proxy_url'], message: `expected a URL, got ${describe(raw.proxy_url)}` });
  }
  for (const [name] of raw.http_headers) {
    if (RESERVED_HEADERS.has(name.toLowerCase())) {
      mistakes.push({ path: ['http_headers', name], message: `setting header "${name}" is not allowed` });
    }
  }
  return mistakes;
}

const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'user-agent',
  'x-prometheus-scrape-timeout-seconds',
]);
