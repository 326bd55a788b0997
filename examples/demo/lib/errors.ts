/** An answer that is not a success, with the status that the caller gets. */
export class HttpError extends Error {
  override readonly name: string = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export class OutOfStockError extends HttpError {
  override readonly name = 'OutOfStockError';

  constructor(sku: string, wanted: number, left: number) {
    super(409, `${sku}: ${wanted} wanted, ${left} left`);
  }
}

export class CardDeclinedError extends HttpError {
  override readonly name = 'CardDeclinedError';

  constructor(reason: string) {
    super(402, `the card was declined: ${reason}`);
  }
}

export class ProviderUnavailableError extends HttpError {
  override readonly name = 'ProviderUnavailableError';

  constructor(provider: string, cause: unknown) {
    super(503, `payment provider ${provider} is not available`, cause);
  }
}

export class ProviderTimeoutError extends Error {
  override readonly name = 'ProviderTimeoutError';

  constructor(provider: string, waitedMs: number) {
    super(`no answer from ${provider} within ${Math.round(waitedMs)} ms`);
  }
}

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** PostgreSQL's SQLSTATE. */
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.sqlState = sqlState;
  }
}
