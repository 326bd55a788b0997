import type { AnyValue } from '#pdata';

interface Found {
  code: number | undefined;
  message: string;
}

/** The status of a span, from the tags that libraries have had for it in their time (zipkinv1/status_code.go). */
export class StatusOfV1 {
  readonly #census: Found = { code: undefined, message: '' };
  readonly #otel: Found = { code: undefined, message: '' };
  readonly #http: Found = { code: undefined, message: '' };
  #isError = false;

  /** Looks at a tag. True where it is nothing but the status. */
  takes(key: string, value: AnyValue): boolean {
    const text = typeof value === 'string' ? value : '';
    switch (key) {
      case 'census.status_code': {
        const code = codeOf(value);
        if (code !== undefined) this.#census.code = code === 0 ? 1 : 2;
        return true;
      }
      case 'census.status_description':
      case 'opencensus.status_description':
        this.#census.message = text;
        return true;
      case 'otel.status_code':
        this.#otel.code = codeOf(value);
        return true;
      case 'otel.status_description':
        this.#otel.message = text;
        return true;
      case 'http.status_code':
      case 'http.response.status_code': {
        const code = codeOf(value);
        if (code !== undefined) this.#http.code = code >= 100 && code < 400 ? 0 : 2;
        return false;
      }
      case 'http.status_message':
        this.#http.message = text;
        return false;
      case 'error':
        this.#isError = true;
        return true;
      default:
        return false;
    }
  }

  get status(): { readonly statusCode: number; readonly statusMessage: string } {
    for (const { code, message } of [this.#census, this.#otel]) {
      if (code !== undefined) return { statusCode: code, statusMessage: message };
    }
    if (this.#isError) return { statusCode: 2, statusMessage: this.#census.message || this.#otel.message };
    const { code = 0, message } = this.#http;
    return { statusCode: code, statusMessage: this.#http.code === undefined ? '' : message };
  }
}

function codeOf(value: AnyValue): number | undefined {
  const isWhole = typeof value === 'number' || typeof value === 'bigint';
  const number = isWhole ? Number(value) : typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : NaN;
  return Number.isInteger(number) && Math.abs(number) <= 0x7fff_ffff ? number : undefined;
}
