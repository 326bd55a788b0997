/** Requests to APIs whose failures are plain text or JSON of their own: Loki's, Tempo's, Alertmanager's. */
import { ApiFailure, type Params, queryString } from './api.ts';

const DEADLINE_MS = 60_000;
/** Of a failure's text; a page of a proxy may be long. */
const MAX_MESSAGE = 400;

interface Sent {
  readonly params?: Params;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Throws `ApiFailure`, with status 404 where the server has no such API; an aborted request rejects with the signal's reason. */
export async function askPlain<T>(path: string, sent: Sent, signal?: AbortSignal): Promise<T> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const { params = {}, headers = {}, method = 'GET', body } = sent;
  try {
    const response = await fetch(`${path}${queryString(params)}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const text = await response.text();
    if (!response.ok) throw failureOf(response, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch (cause) {
    if (signal?.aborted || cause instanceof ApiFailure) throw cause;
    if (deadline.aborted) throw new ApiFailure({ code: 'timeout', message: 'no answer within a minute' }, 0);
    if (cause instanceof SyntaxError) throw new ApiFailure({ code: 'internal', message: 'the answer is no JSON' }, 0);
    throw new ApiFailure(
      { code: 'unreachable', message: 'the server does not answer', hint: 'Check that signalbox is running.' },
      0,
    );
  }
}

function failureOf({ status, statusText }: Response, text: string): ApiFailure {
  const message = saidIn(text).trim().slice(0, MAX_MESSAGE) || `the server answered ${status} ${statusText}`.trim();
  const code =
    status === 404 ? 'not_found' : status === 503 ? 'store_unavailable' : status === 400 ? 'bad_query' : 'internal';
  return new ApiFailure({ code, message }, status);
}

function saidIn(text: string): string {
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body === 'string') return body;
    const { error, message } = body as { error?: unknown; message?: unknown };
    if (typeof error === 'object' && error !== null) return String((error as { message?: unknown }).message ?? '');
    return String(error ?? message ?? '');
  } catch {
    return text;
  }
}
