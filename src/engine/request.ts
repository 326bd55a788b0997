/** From an HTTP request's head to what is to be run: query text, settings, parameters, session, format. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { engineError } from './errors.ts';

/** `signalbox` writes and changes the schema, `reader` only reads. */
export type UserName = 'signalbox' | 'reader';

export interface SessionRequest {
  readonly id: string;
  readonly timeoutMs: number;
  /** Only use a session that exists. */
  readonly mustExist: boolean;
  readonly closeAfter: boolean;
}

export interface QueryRequest {
  readonly queryId: string;
  /** The parameter `query`; empty where the whole text stands in the body. */
  readonly query: string;
  readonly database: string;
  /** Whether the client named the database. */
  readonly isDatabaseChosen: boolean;
  readonly defaultFormat: string;
  /** Settings of this query alone, as given. */
  readonly settings: ReadonlyMap<string, string>;
  /** Entries of `additional_table_filters` that were checked; empty for none. */
  readonly tableFilters: string;
  /** Values of `{name:Type}`, as given: in the escaped form of TabSeparated. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Never of a query that only reads: it gets a connection of its own, which is read-only from its first statement on. */
  readonly session: SessionRequest | undefined;
  readonly user: UserName;
  /** GET and HEAD may not write, nor may `reader`, nor who asks for the setting `readonly`. */
  readonly readOnly: boolean;
  /** Keep the whole answer back until the query has ended, so that its status is certain. */
  readonly waitEndOfQuery: boolean;
  readonly compressResponse: boolean;
  /** Say in the answer's head, so often, how far the query has come. Undefined: don't. */
  readonly progressIntervalMs: number | undefined;
}

/** Parameters of the HTTP interface that are no settings. */
const reserved = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'role',
  'stacktrace',
  'buffer_size',
  'wait_end_of_query',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'client_protocol_version',
  'compress',
  'decompress',
  'enable_http_compression',
  '',
]);

const DEFAULT_SESSION_TIMEOUT_SECONDS = 60;
const MAX_SESSION_TIMEOUT_SECONDS = 3600;

/**
 * Reads the parameters (of the URL, and of a form in the body) and the X-ClickHouse headers. Throws EngineError where a
 * value makes no sense.
 */
export function readQueryRequest(
  request: IncomingMessage,
  parameters: URLSearchParams,
  user: UserName,
  form: URLSearchParams = new URLSearchParams(),
): QueryRequest {
  const header = (name: string): string => headerOf(request, name);
  const settings = new Map<string, string>();
  const queryParameters = new Map<string, string>();
  for (const [key, value] of [...parameters, ...form]) {
    if (key.startsWith('param_')) queryParameters.set(key.slice('param_'.length), value);
    else if (!reserved.has(key)) settings.set(key, value);
  }
  const compression = parameters.get('enable_http_compression');
  if (compression !== null) settings.set('enable_http_compression', compression);
  const session = readSession(parameters);
  const isRead = request.method === 'GET' || request.method === 'HEAD' || user === 'reader';
  const readOnly = isRead || (settings.get('readonly') ?? '0') !== '0';
  settings.delete('readonly');
  const database = header('x-clickhouse-database') || (parameters.get('database') ?? '');
  return {
    queryId: parameters.get('query_id') || header('x-clickhouse-query-id') || randomUUID(),
    query: parameters.get('query') ?? form.get('query') ?? '',
    database,
    isDatabaseChosen: database !== '',
    defaultFormat: header('x-clickhouse-format') || parameters.get('default_format') || 'TabSeparated',
    settings,
    tableFilters: '',
    parameters: queryParameters,
    session: readOnly ? undefined : session,
    user,
    readOnly,
    waitEndOfQuery: isTrue(parameters.get('wait_end_of_query')) || isTrue(parameters.get('http_wait_end_of_query')),
    compressResponse: isTrue(compression),
    progressIntervalMs: progressIntervalOf(settings),
  };
}

/** ClickHouse's default of http_headers_progress_interval_ms. */
const DEFAULT_PROGRESS_INTERVAL_MS = 100;
const MIN_PROGRESS_INTERVAL_MS = 50;

function progressIntervalOf(settings: ReadonlyMap<string, string>): number | undefined {
  if (!isTrue(settings.get('send_progress_in_http_headers') ?? null)) return undefined;
  const asked = Number(settings.get('http_headers_progress_interval_ms') ?? DEFAULT_PROGRESS_INTERVAL_MS);
  return Number.isFinite(asked) ? Math.max(MIN_PROGRESS_INTERVAL_MS, asked) : DEFAULT_PROGRESS_INTERVAL_MS;
}

function readSession(parameters: URLSearchParams): SessionRequest | undefined {
  const id = parameters.get('session_id');
  if (id === null || id === '') return undefined;
  const text = parameters.get('session_timeout');
  const seconds = text === null ? DEFAULT_SESSION_TIMEOUT_SECONDS : Number(text);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_SESSION_TIMEOUT_SECONDS) {
    throw engineError(
      'INVALID_SESSION_TIMEOUT',
      `Invalid session timeout: '${text}', at most ${MAX_SESSION_TIMEOUT_SECONDS}`,
    );
  }
  return {
    id,
    timeoutMs: seconds * 1000,
    mustExist: isTrue(parameters.get('session_check')),
    closeAfter: isTrue(parameters.get('close_session')),
  };
}

/** Booleans as ClickHouse reads them in a URL. */
export function isTrue(value: string | null): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

/** A header's value, empty where there is none. */
export function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * User and password from the headers, from HTTP's basic authentication or from the URL; only one of the three, as in ClickHouse. Throws
 * EngineError for more than one.
 */
export function readCredentials(request: IncomingMessage, parameters: URLSearchParams): Credentials {
  const user = headerOf(request, 'x-clickhouse-user');
  const password = headerOf(request, 'x-clickhouse-key');
  const basic = /^Basic (.+)$/i.exec(headerOf(request, 'authorization'));
  const ways = [user !== '' || password !== '', basic !== null, parameters.has('user') || parameters.has('password')];
  if (ways.filter(Boolean).length > 1) {
    throw engineError(
      'AUTHENTICATION_FAILED',
      'Invalid authentication: X-ClickHouse headers, Authorization and URL parameters may not be used together',
    );
  }
  if (ways[0]) return { user: user || 'default', password };
  if (basic !== null) {
    const text = Buffer.from(basic[1]!, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return { user: parameters.get('user') || 'default', password: parameters.get('password') ?? '' };
}
