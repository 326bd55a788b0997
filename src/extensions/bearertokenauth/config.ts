import { boolean, duration, integer, list, type Schema, type Secret, secret, strictObject, text } from '#config';

/** What users write under `bearertokenauth:` (otelcol-contrib extension/bearertokenauthextension@v0.161.0). */
export interface BearerTokenConfig {
  readonly header: string;
  readonly scheme: string;
  readonly token: Secret | undefined;
  readonly tokens: readonly Secret[];
  readonly filename: string;
  readonly retry: RetryConfig;
  readonly waitsForFile: boolean;
}

/** While the file can't be read at the start. */
export interface RetryConfig {
  readonly enabled: boolean;
  /** 0 for no limit. */
  readonly maxRetries: number;
  readonly intervalMs: number;
}

export const bearerTokenSchema: Schema<BearerTokenConfig> = strictObject({
  header: text('Authorization').describe('the header that has the token'),
  scheme: text('Bearer').describe('stands before the token; may be empty'),
  token: secret().optional().describe('the token'),
  tokens: list(secret()).describe('several of them: servers take each, exporters send the first'),
  filename: text('').describe(
    'a file with tokens, one a line, which may change; it goes before `token`, and `tokens` before it; what follows a token is a comment',
  ),
  retry_on_failure: strictObject({
    enabled: boolean(false).describe('starts without the file too, and reads it when it is there'),
    max_retries: integer(0, { min: 0 }).describe('of `wait_for_token_file`; 0 for as long as it takes'),
    interval: duration(0).describe('between two attempts of `wait_for_token_file`'),
  }),
  wait_for_token_file: boolean(false).describe('the start waits for the file, and fails without it'),
}).transform((raw) => ({
  header: raw.header,
  scheme: raw.scheme,
  token: raw.token,
  tokens: raw.tokens,
  filename: raw.filename,
  retry: {
    enabled: raw.retry_on_failure.enabled,
    maxRetries: raw.retry_on_failure.max_retries,
    intervalMs: raw.retry_on_failure.interval,
  },
  waitsForFile: raw.wait_for_token_file,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateBearerToken({
  header,
  token,
  tokens,
  filename,
  retry,
  waitsForFile,
}: BearerTokenConfig): readonly Mistake[] {
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
  if (retry.enabled && retry.intervalMs <= 0) {
    mistakes.push({ path: ['retry_on_failure', 'interval'], message: 'must be greater than 0' });
  }
  if ((retry.enabled || waitsForFile) && filename === '') {
    mistakes.push({ path: ['filename'], message: 'retry_on_failure and wait_for_token_file need a file' });
  }
  if (waitsForFile && !retry.enabled) {
    mistakes.push({ path: ['wait_for_token_file'], message: 'needs retry_on_failure::enabled' });
  }
  return mistakes;
}
