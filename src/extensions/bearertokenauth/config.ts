import { list, type Schema, type Secret, secret, strictObject, text } from '#config';

/** What users write under `bearertokenauth:` (otelcol-contrib extension/bearertokenauthextension@v0.159.0). */
export interface BearerTokenConfig {
  readonly header: string;
  readonly scheme: string;
  readonly token: Secret | undefined;
  readonly tokens: readonly Secret[];
  readonly filename: string;
}

export const bearerTokenSchema: Schema<BearerTokenConfig> = strictObject({
  header: text('Authorization').describe('the header that has the token'),
  scheme: text('Bearer').describe('stands before the token; may be empty'),
  token: secret().optional().describe('the token'),
  tokens: list(secret()).describe('several of them, of which exporters send the first'),
  filename: text('').describe('a file with the token, which goes before the others and may change'),
}).transform((raw) => ({ ...raw, token: raw.token }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateBearerToken({ header, token, tokens, filename }: BearerTokenConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (token === undefined && tokens.length === 0 && filename === '') {
    mistakes.push({ path: [], message: 'no bearer token provided' });
  }
  if (token !== undefined && tokens.length > 0) {
    mistakes.push({ path: ['tokens'], message: 'either tokens or token should be provided, not both' });
  }
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) {
    mistakes.push({ path: ['header'], message: `"${header}" is no name of a header` });
  }
  return mistakes;
}
