import { z } from 'zod';
import { messageOf } from '#base';
import {
  list,
  mapOf,
  oneOf,
  positiveDuration,
  type Schema,
  type Secret,
  secret,
  strictObject,
  type TlsClientConfig,
  text,
  tlsClient,
} from '#config';
import { rsaKeyOf, SIGNATURES, type SignatureAlgorithm } from './assertion.ts';

/** Tokens for a signed assertion instead of a secret (RFC 7523). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLIENT_CREDENTIALS = 'client_credentials';

/** What users write under `oauth2client:` (otelcol-contrib extension/oauth2clientauthextension). */
export interface OAuth2ClientConfig {
  readonly clientId: string;
  readonly clientIdFile: string;
  readonly clientSecret: Secret | undefined;
  readonly clientSecretFile: string;
  readonly grantType: typeof CLIENT_CREDENTIALS | typeof JWT_BEARER;
  /** Of `JWT_BEARER` alone, with the five below it. A PEM. */
  readonly certificateKey: Secret | undefined;
  readonly certificateKeyFile: string;
  readonly certificateKeyId: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** '' for the client's id. */
  readonly issuer: string;
  /** '' for `tokenUrl`. */
  readonly audience: string;
  readonly claims: ReadonlyMap<string, unknown>;
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
  grant_type: oneOf([CLIENT_CREDENTIALS, JWT_BEARER], CLIENT_CREDENTIALS).describe(
    'how it is shown who asks: by a secret, or by an assertion that a key signs',
  ),
  client_certificate_key: secret().optional().describe('of an assertion: the RSA key that signs it, in PEM'),
  client_certificate_key_file: text('').describe('a file with it, which goes before it and may change'),
  client_certificate_key_id: text('').describe('of an assertion: which key that is, `kid` in its header'),
  signature_algorithm: oneOf(Object.keys(SIGNATURES) as SignatureAlgorithm[], 'RS256').describe('of an assertion'),
  iss: text('').meta({ description: 'of an assertion: who issues it', defaultText: '`client_id`' }),
  audience: text('').meta({ description: 'of an assertion: whom it is for', defaultText: '`token_url`' }),
  claims: mapOf(z.unknown()).describe('of an assertion: further claims, which go before those above'),
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
  grantType: raw.grant_type,
  certificateKey: raw.client_certificate_key,
  certificateKeyFile: raw.client_certificate_key_file,
  certificateKeyId: raw.client_certificate_key_id,
  signatureAlgorithm: raw.signature_algorithm,
  issuer: raw.iss,
  audience: raw.audience,
  claims: raw.claims,
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
  if (config.grantType === JWT_BEARER) mistakes.push(...keyMistakes(config));
  else if (config.clientSecret === undefined && config.clientSecretFile === '') {
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

/** What is needed to sign. A key that stands in the configuration is read here, so that a wrong one is told before the start. */
function keyMistakes({ certificateKey, certificateKeyFile, endpointParams }: OAuth2ClientConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const path = ['client_certificate_key'];
  if (certificateKey === undefined && certificateKeyFile === '') {
    mistakes.push({ path, message: `the grant type ${JWT_BEARER} needs client_certificate_key or its file` });
  } else if (certificateKey !== undefined && certificateKeyFile === '') {
    try {
      rsaKeyOf(certificateKey.reveal());
    } catch (error) {
      mistakes.push({ path, message: messageOf(error) });
    }
  }
  for (const name of ['assertion', 'scope']) {
    if (endpointParams.has(name))
      mistakes.push({ path: ['endpoint_params', name], message: 'is set by the grant type' });
  }
  return mistakes;
}
