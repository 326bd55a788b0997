import {
  list,
  mapOf,
  positiveDuration,
  type Schema,
  type Secret,
  secret,
  strictObject,
  type TlsClientConfig,
  text,
  tlsClient,
} from '#config';

/** What users write under `oauth2client:` (otelcol-contrib extension/oauth2clientauthextension). */
export interface OAuth2ClientConfig {
  readonly clientId: string;
  readonly clientIdFile: string;
  readonly clientSecret: Secret | undefined;
  readonly clientSecretFile: string;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  readonly endpointParams: ReadonlyMap<string, readonly string[]>;
  readonly tls: TlsClientConfig;
  readonly timeoutMs: number;
  readonly expiryBufferMs: number;
}

export const oauth2ClientSchema: Schema<OAuth2ClientConfig> = strictObject({
  client_id: text('').describe('who asks'),
  client_id_file: text('').describe('a file with it, which goes before it and may change'),
  client_secret: secret().optional().describe('its secret'),
  client_secret_file: text('').describe('a file with it, which goes before it and may change'),
  token_url: text('').meta({ description: 'where tokens are had', defaultText: 'required' }),
  scopes: list(text()).describe('what the token is to be good for'),
  endpoint_params: mapOf(list(text())).describe('further parameters of the request'),
  tls: tlsClient.meta({ description: 'of the connection to `token_url`', block: 'tls_client' }),
  timeout: positiveDuration(0).describe('of the request for a token; 0 for no limit'),
  expiry_buffer: positiveDuration(300_000).describe('a token is replaced so long before it expires'),
}).transform((raw) => ({
  clientId: raw.client_id,
  clientIdFile: raw.client_id_file,
  clientSecret: raw.client_secret,
  clientSecretFile: raw.client_secret_file,
  tokenUrl: raw.token_url,
  scopes: raw.scopes,
  endpointParams: raw.endpoint_params,
  tls: raw.tls,
  timeoutMs: raw.timeout,
  expiryBufferMs: raw.expiry_buffer,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateOAuth2Client(config: OAuth2ClientConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (config.clientId === '' && config.clientIdFile === '') {
    mistakes.push({ path: ['client_id'], message: 'no ClientID provided in the OAuth2 exporter configuration' });
  }
  if (config.clientSecret === undefined && config.clientSecretFile === '') {
    mistakes.push({
      path: ['client_secret'],
      message: 'no ClientSecret provided in OAuth Client Credentials configuration',
    });
  }
  if (config.tokenUrl === '' || !/^https?:\/\//.test(config.tokenUrl) || !URL.canParse(config.tokenUrl)) {
    mistakes.push({ path: ['token_url'], message: `must be a URL, got "${config.tokenUrl}"` });
  }
  return mistakes;
}
