/** What the SDK's exporters report: code 0 is success (ExportResultCode in the SDK's core package). */
interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter {
  // biome-ignore lint/suspicious/noExplicitAny: each signal has its own batch type, which is only passed on here
  export(batch: any, done: (result: ExportResult) => void): void;
}

/**
 * Says once when the receiver stops taking data and once when it takes it again. The SDK retries by itself and
 * drops what does not fit its queues, in silence: without this a wrong address would look like a quiet shop.
 */
export class ReceiverWatch {
  readonly #endpoint: string;
  readonly #say: (line: string) => void;
  #state: 'unknown' | 'takes data' | 'fails' = 'unknown';

  constructor(endpoint: string, say: (line: string) => void) {
    this.#endpoint = endpoint;
    this.#say = say;
  }

  /** Returns the same exporter, with the outcome of every export seen by this watch. */
  over<Kind extends Exporter>(exporter: Kind): Kind {
    const exportBatch = exporter.export.bind(exporter);
    exporter.export = (batch, done) =>
      exportBatch(batch, (result) => {
        this.#note(result);
        done(result);
      });
    return exporter;
  }

  #note(result: ExportResult): void {
    const state = result.code === 0 ? 'takes data' : 'fails';
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'takes data') this.#say(`Shop: ${this.#endpoint} takes data`);
    else this.#say(`Shop: ${this.#endpoint} does not take data (${reasonOf(result.error)}); trying again`);
  }
}

/** The innermost message: "connect ECONNREFUSED …" rather than the exporter's "export failed". */
function reasonOf(error: Error | undefined): string {
  let inner: unknown = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) inner = inner.errors[0];
  return inner instanceof Error && inner.message !== '' ? inner.message : 'no answer';
}
