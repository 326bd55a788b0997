import { z } from 'zod';
import { messageOf } from '#base';
import { boolean, list, oneOf, type Schema, type Secret, secret, strictObject, text } from '#config';
import { Pattern } from '#lang/pattern';

export const DATABASE_KINDS = ['sql', 'redis', 'valkey', 'memcached', 'mongo', 'opensearch', 'es'] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

export interface DatabaseConfig {
  readonly enabled: boolean;
  readonly attributes: readonly string[];
}

export type HashFunction = '' | 'sha1' | 'sha3' | 'md5' | 'hmac-sha256' | 'hmac-sha512';
export type Summary = '' | 'debug' | 'info' | 'silent';

/** What users write under `redaction:` (otelcol-contrib processor/redactionprocessor). */
export interface RedactionConfig {
  readonly allowAllKeys: boolean;
  readonly allowedKeys: readonly string[];
  readonly ignoredKeys: readonly string[];
  readonly ignoredKeyPatterns: readonly string[];
  readonly blockedKeyPatterns: readonly string[];
  readonly blockedValues: readonly string[];
  readonly allowedValues: readonly string[];
  readonly redactAllTypes: boolean;
  readonly hashFunction: HashFunction;
  readonly hmacKey: Secret | undefined;
  readonly summary: Summary;
  readonly urls: { readonly enabled: boolean; readonly attributes: readonly string[]; readonly inSpanNames: boolean };
  readonly databases: Readonly<Record<DatabaseKind, DatabaseConfig>>;
  readonly databasesInSpanNames: boolean;
}

const database = (queries: string) =>
  strictObject({
    enabled: boolean(false).describe(`${queries} lose their values`),
    attributes: list(text()).describe(
      'attributes that hold them, where `db.system.name` or `db.system` names the database; in logs also where nothing does',
    ),
  }).describe(queries);

/** In any case of letters. */
function lowered<T>(schema: z.ZodType<T>): z.ZodType<T> {
  const lower = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);
  return z.preprocess(lower, schema) as unknown as z.ZodType<T>;
}

const HASH_WORDS = {
  '': 'four stars in its place',
  sha1: 'SHA-1',
  sha3: 'SHA3-256',
  md5: 'MD5',
  'hmac-sha256': 'HMAC with SHA-256 and `hmac_key`',
  'hmac-sha512': 'HMAC with SHA-512 and `hmac_key`',
} as const;

export const redactionSchema: Schema<RedactionConfig> = strictObject({
  allow_all_keys: boolean(false).describe('attributes stay whatever their key is'),
  allowed_keys: list(text()).describe('without `allow_all_keys` all attributes but these are removed'),
  ignored_keys: list(text()).describe('attributes that are not looked at, and stay'),
  ignored_key_patterns: list(text()).describe('likewise, by regular expressions for their keys'),
  blocked_key_patterns: list(text()).describe(
    'regular expressions for keys: of the attributes that match one the value is masked',
  ),
  blocked_values: list(text()).describe('regular expressions for values: what matches is masked'),
  allowed_values: list(text()).describe('regular expressions for values: one that matches stays as it is'),
  redact_all_types: boolean(false).describe(
    'also numbers, lists and other values are looked at, as texts; a masked one is a text then',
  ),
  hash_function: lowered(oneOf(Object.keys(HASH_WORDS) as HashFunction[], '')).meta({
    description: 'what masks a value: its hash in hexadecimal',
    words: HASH_WORDS,
  }),
  hmac_key: secret().optional().describe('of at least 32 bytes for `hmac-sha256`, 64 for `hmac-sha512`'),
  summary: oneOf(['', 'debug', 'info', 'silent'], '').meta({
    description: 'attributes that say what was done',
    words: {
      '': 'none',
      silent: 'none',
      info: 'how many keys were removed, masked, allowed and ignored: `redaction.redacted.count` and so on',
      debug: 'also which: `redaction.redacted.keys` and so on',
    },
  }),
  url_sanitizer: strictObject({
    enabled: boolean(false).describe(
      'in URLs and paths, segments that look like ids become `*`, and queries are cut off',
    ),
    attributes: list(text()).describe('attributes that hold URLs; bodies of logs are always taken for one'),
    sanitize_span_name: boolean(true).describe('also in names of spans of HTTP clients and servers'),
  }).describe('URLs and paths'),
  db_sanitizer: strictObject({
    sql: database('statements in SQL'),
    redis: database('commands of Redis'),
    valkey: database('commands of Valkey'),
    memcached: database('commands of memcached'),
    mongo: database('queries of MongoDB in JSON'),
    opensearch: database('queries of OpenSearch in JSON'),
    es: database('queries of Elasticsearch in JSON'),
    sanitize_span_name: boolean(true).describe('also in names of spans of database calls'),
  }).describe('queries of databases; bodies of logs are always taken for one'),
}).transform(({ db_sanitizer: { sanitize_span_name: databasesInSpanNames, ...databases }, ...raw }) => ({
  allowAllKeys: raw.allow_all_keys,
  allowedKeys: raw.allowed_keys,
  ignoredKeys: raw.ignored_keys,
  ignoredKeyPatterns: raw.ignored_key_patterns,
  blockedKeyPatterns: raw.blocked_key_patterns,
  blockedValues: raw.blocked_values,
  allowedValues: raw.allowed_values,
  redactAllTypes: raw.redact_all_types,
  hashFunction: raw.hash_function,
  hmacKey: raw.hmac_key,
  summary: raw.summary,
  urls: {
    enabled: raw.url_sanitizer.enabled,
    attributes: raw.url_sanitizer.attributes,
    inSpanNames: raw.url_sanitizer.sanitize_span_name,
  },
  databases,
  databasesInSpanNames,
}));

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const KEY_BYTES: Readonly<Partial<Record<HashFunction, number>>> = { 'hmac-sha256': 32, 'hmac-sha512': 64 };

/** Patterns that are none, and a key that is too short. */
export function validateRedaction(config: RedactionConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const lists = {
    ignored_key_patterns: config.ignoredKeyPatterns,
    blocked_key_patterns: config.blockedKeyPatterns,
    blocked_values: config.blockedValues,
    allowed_values: config.allowedValues,
  };
  for (const [key, patterns] of Object.entries(lists)) {
    for (const [index, pattern] of patterns.entries()) {
      try {
        new Pattern(pattern);
      } catch (error) {
        mistakes.push({ path: [key, index], message: `not a regular expression: ${messageOf(error)}` });
      }
    }
  }
  const wanted = KEY_BYTES[config.hashFunction] ?? 0;
  const found = Buffer.byteLength(config.hmacKey?.reveal() ?? '');
  if (found < wanted) {
    const message = `must be at least ${wanted} bytes long for ${config.hashFunction}, got ${found}`;
    mistakes.push({ path: ['hmac_key'], message });
  }
  return mistakes;
}
