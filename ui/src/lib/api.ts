/** Requests to the console API. Errors carry what the server said, so that a page can show it with the way out. */
import type { ApiError } from '#api/types.ts';
import { printPathPart } from '#base/path-part.ts';
import { noteSpending } from './spending.ts';

export type Params = { readonly [name: string]: string | number | boolean | undefined };

/** An answer other than 2xx, or no answer at all (`code` is `unreachable` then). */
export class ApiFailure extends Error implements ApiError {
  override readonly name = 'ApiFailure';
  readonly code: string;
  readonly status: number;
  readonly hint?: string;
  readonly query?: string;
  readonly start?: number;
  readonly end?: number;

  constructor(error: ApiError, status: number) {
    super(error.message);
    this.code = error.code;
    this.status = status;
    if (error.hint !== undefined) this.hint = error.hint;
    if (error.query !== undefined) this.query = error.query;
    if (error.start !== undefined) this.start = error.start;
    if (error.end !== undefined) this.end = error.end;
  }
}

const BASE = '/api/console';
/** A little more than the server allows itself. */
const DEADLINE_MS = 30_000;

/** A path below the API's root from its parts, each of which may hold anything. */
export function apiPath(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(printPathPart(part))}`).join('');
}

/** GET `/api/console<path>?<params>`. Throws `ApiFailure`; an aborted request rejects with the signal's reason. */
export async function getJson<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const url = `${BASE}${path}${queryString(params)}`;
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    noteSpending(response.headers.get('server-timing'));
    if (!response.ok) throw await failureOf(response);
    // The caller says what the server's answers are: their types are shared with it.
    return (await response.json()) as T;
  } catch (cause) {
    if (signal?.aborted || cause instanceof ApiFailure) throw cause;
    if (deadline.aborted) {
      const message = `the server has not answered within ${DEADLINE_MS / 1000} s`;
      throw new ApiFailure({ code: 'timeout', message, hint: 'It may hang; the page tries again.' }, 0);
    }
    throw new ApiFailure(
      {
        code: 'unreachable',
        message: 'the server does not answer',
        hint: 'Check that signalbox is running; the page tries again by itself.',
      },
      0,
    );
  }
}

/** `?a=1&b=x`, absent and empty values left out, in the order given. */
export function queryString(params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** What an answer other than 2xx says. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  return new ApiFailure(await readError(response), response.status);
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error?: ApiError };
    if (body.error && typeof body.error.message === 'string') return body.error;
  } catch {
    // Not JSON: a proxy's page, say. The status line is what there is.
  }
  return { code: 'internal', message: `the server answered ${response.status} ${response.statusText}`.trim() };
}
