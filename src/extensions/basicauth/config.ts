import { type Schema, type Secret, secret, strictObject, text } from '#config';

/** What users write under `basicauth:` (otelcol-contrib extension/basicauthextension@v0.161.0). */
export interface BasicAuthConfig {
  readonly client: ClientAuthConfig | undefined;
  readonly htpasswd: HtpasswdConfig | undefined;
}

/** Whom servers let in. What is inline wins over the file. */
export interface HtpasswdConfig {
  readonly file: string;
  readonly inline: string;
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
    file: text('').describe('a file of htpasswd, read at the start'),
    inline: secret().optional().describe('more of its lines, which win over the file'),
  })
    .optional()
    .describe('whom servers let in: users with bcrypt, apr1, MD5, SHA-1, SHA-2 or the password itself'),
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
  htpasswd:
    raw.htpasswd === undefined ? undefined : { file: raw.htpasswd.file, inline: raw.htpasswd.inline?.reveal() ?? '' },
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateBasicAuth({ client, htpasswd }: BasicAuthConfig): readonly Mistake[] {
  if (htpasswd !== undefined && client !== undefined) {
    return [{ path: ['htpasswd'], message: 'only one of `htpasswd` or `client_auth` can be specified' }];
  }
  const isEmpty = htpasswd === undefined ? client === undefined : htpasswd.file === '' && htpasswd.inline === '';
  return isEmpty ? [{ path: [], message: 'no credential source provided' }] : [];
}
