import { ConsumeError, isPermanent, messageOf } from '#base';

/**
 * One sender that waits for its items. They may go out in several batches; the sender is answered when the last of these is.
 * All accepted: it resolves. All refused: it rejects with the first refusal as it came. Some of each: it rejects with an error that
 * says how many, retryable if any of the refusals is, so that the rest arrives at least once (and the accepted part again).
 */
export class WaitingSender {
  readonly outcome: Promise<void>;
  readonly itemCount: number;
  /** It waits no more. */
  hasLeft = false;
  /** Items whose fate isn't known yet. */
  #open: number;
  #refused = 0;
  readonly #errors: unknown[] = [];
  readonly #onSentAgain: (itemCount: number) => void;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;

  /** `onSentAgain` hears of accepted items whose sender is told to send all of them again. */
  constructor(itemCount: number, onSentAgain: (itemCount: number) => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onSentAgain = onSentAgain;
    this.itemCount = itemCount;
    this.#open = itemCount;
  }

  accepted(itemCount: number): void {
    this.#settle(itemCount);
  }

  refused(itemCount: number, error: unknown): void {
    this.#refused += itemCount;
    if (!this.#errors.includes(error)) this.#errors.push(error);
    this.#settle(itemCount);
  }

  #settle(itemCount: number): void {
    this.#open -= itemCount;
    if (this.#open > 0) return;
    const acceptedCount = this.itemCount - this.#refused;
    if (this.#refused > 0 && acceptedCount > 0) this.#onSentAgain(acceptedCount);
    if (this.#refused === 0) this.#resolve();
    else if (this.#refused === this.itemCount && this.#errors.length === 1) this.#reject(this.#errors[0]);
    else this.#reject(this.#combinedError());
  }

  #combinedError(): ConsumeError {
    const permanent = this.#errors.every(isPermanent);
    const first = this.#errors.find((error) => permanent || !isPermanent(error));
    const known = first instanceof ConsumeError ? first : undefined;
    const fate =
      this.#refused === this.itemCount ? 'in several batches' : `${this.itemCount - this.#refused} were accepted`;
    return new ConsumeError(
      `${this.#refused} of ${this.itemCount} items were refused downstream (${fate}): ${messageOf(first)}`,
      {
        cause: first,
        permanent,
        reason: known?.reason ?? 'refused',
        ...(permanent || known?.retryAfterMs === undefined ? {} : { retryAfterMs: known.retryAfterMs }),
        ...(known?.grpcCode === undefined ? {} : { grpcCode: known.grpcCode }),
      },
    );
  }
}
