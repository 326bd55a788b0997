import type { IncomingHttpHeaders } from 'node:http';
import { quotePattern } from '#base';
import type { CorsConfig } from '#config';

/** Cross-origin requests of browsers, as otelcol answers them (rs/cors with credentials allowed). */
export class Cors {
  readonly #origins: readonly RegExp[];
  readonly #anyOrigin: boolean;
  readonly #headers: ReadonlySet<string>;
  readonly #exposed: string;
  readonly #maxAgeSeconds: number;

  constructor(config: CorsConfig) {
    this.#anyOrigin = config.allowedOrigins.includes('*');
    this.#origins = config.allowedOrigins.map(originPattern);
    const headers = config.allowedHeaders.length > 0 ? config.allowedHeaders : DEFAULT_HEADERS;
    this.#headers = new Set([...headers, 'origin'].map((name) => name.toLowerCase()));
    this.#exposed = config.exposedHeaders.join(', ');
    this.#maxAgeSeconds = config.maxAgeSeconds;
  }

  /** The headers of the answer to a preflight. Without leave the answer has no Access-Control headers, which the browser takes as a no. */
  preflight(request: IncomingHttpHeaders): Record<string, string> {
    const answer: Record<string, string> = {
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    };
    const { origin } = request;
    const method = request['access-control-request-method'] ?? '';
    const wanted = request['access-control-request-headers'] ?? '';
    if (origin === undefined || !this.#allows(origin) || !METHODS.has(method) || !this.#allowsHeaders(wanted))
      return answer;
    answer['access-control-allow-origin'] = this.#anyOrigin ? '*' : origin;
    answer['access-control-allow-methods'] = method;
    if (wanted !== '') answer['access-control-allow-headers'] = wanted;
    answer['access-control-allow-credentials'] = 'true';
    if (this.#maxAgeSeconds > 0) answer['access-control-max-age'] = String(this.#maxAgeSeconds);
    return answer;
  }

  /** The headers to add to an ordinary answer. */
  answer(request: IncomingHttpHeaders): Record<string, string> {
    const { origin } = request;
    if (origin === undefined || !this.#allows(origin)) return { vary: 'Origin' };
    return {
      vary: 'Origin',
      'access-control-allow-origin': this.#anyOrigin ? '*' : origin,
      'access-control-allow-credentials': 'true',
      ...(this.#exposed !== '' && { 'access-control-expose-headers': this.#exposed }),
    };
  }

  #allows(origin: string): boolean {
    return this.#anyOrigin || this.#origins.some((pattern) => pattern.test(origin));
  }

  #allowsHeaders(list: string): boolean {
    if (list === '' || this.#headers.has('*')) return true;
    return list.split(',').every((name) => this.#headers.has(name.trim().toLowerCase()));
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD']);
const DEFAULT_HEADERS = ['accept', 'content-type', 'x-requested-with'];

/** An origin where each `*` stands for any text. */
function originPattern(origin: string): RegExp {
  const parts = origin.split('*').map(quotePattern);
  return new RegExp(`^${parts.join('.*')}$`, 'i');
}
