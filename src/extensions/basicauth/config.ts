import { type Schema, type Secret, secret, strictObject, text } from '#config';

/** What users write under `basicauth:` (otelcol-contrib extension/basicauthextension@v0.159.0). */
export interface BasicAuthConfig {
  readonly client: ClientAuthConfig | undefined;
  readonly hasHtpasswd: boolean;
}

export interface ClientAuthConfig {
  readonly username: string;
  readonly usernameFile: string;
  readonly password: Secret | undefined;
  readonly passwordFile: string;
}

export const basicAuthSchema: Schema<BasicAuthConfig> = strictObject({
  client_auth: strictObject({
    username: text('').describe('the user'),
    username_file: text('').describe('a file with it, which goes before it and may change'),
    password: secret().optional().describe('of the user'),
    password_file: text('').describe('a file with it, which goes before it and may change'),
  })
    .optional()
    .describe('the credentials that exporters send'),
  htpasswd: strictObject({
    file: text('').describe('a file of htpasswd'),
    inline: text('').describe('its lines'),
  })
    .optional()
    .describe('whom receivers let in; none asks for it yet, so the block is refused'),
}).transform((raw) => ({
  client:
    raw.client_auth === undefined
      ? undefined
      : {
          username: raw.client_auth.username,
          usernameFile: raw.client_auth.username_file,
          password: raw.client_auth.password,
          passwordFile: raw.client_auth.password_file,
        },
  hasHtpasswd: raw.htpasswd !== undefined,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateBasicAuth({ client, hasHtpasswd }: BasicAuthConfig): readonly Mistake[] {
  if (hasHtpasswd && client !== undefined) {
    return [{ path: ['htpasswd'], message: 'only one of `htpasswd` or `client_auth` can be specified' }];
  }
  if (hasHtpasswd) {
    const message = 'no receiver asks an extension who may send yet; put a proxy in front that does it';
    return [{ path: ['htpasswd'], message }];
  }
  return client === undefined ? [{ path: [], message: 'no credential source provided' }] : [];
}
