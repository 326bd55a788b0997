import type { Clock } from '#base';
import { GRPC, type RpcStatus } from '#net';
import { ArenaWriter } from '#pdata';

/** A status is looked at so often, for all who watch together. */
const LOOK_MS = 1000;
/** At a time: each holds a stream of the port, and `Check` must have room beside them. */
const LIMIT = 64;
const SHUTTING_DOWN: RpcStatus = { code: GRPC.cancelled, message: 'Server shutting down.', retryAfterMs: undefined };
const ENDED: RpcStatus = { code: GRPC.cancelled, message: 'Stream has ended.', retryAfterMs: undefined };

/** Who asked by `Watch` to be told of changes (grpc.health.v1.Health). */
export class Watchers {
  readonly #clock: Clock;
  readonly #statusOf: (service: string) => number;
  readonly #waiting = new Set<() => void>();
  #count = 0;
  #cancelLook: (() => void) | undefined;
  #isStopped = false;

  /** `statusOf` gives a ServingStatus. */
  constructor(clock: Clock, statusOf: (service: string) => number) {
    this.#clock = clock;
    this.#statusOf = statusOf;
  }

  get isFull(): boolean {
    return this.#count >= LIMIT;
  }

  /** A HealthCheckResponse now, and another whenever the status is another one, until `abort` or `stop`. */
  async *watch(service: string, abort: AbortSignal): AsyncGenerator<Uint8Array, RpcStatus> {
    let last: number | undefined;
    this.#count++;
    try {
      while (!this.#isStopped && !abort.aborted) {
        const status = this.#statusOf(service);
        if (status !== last) {
          last = status;
          yield responseOf(status);
        }
        await this.#nextLook(abort);
      }
    } finally {
      this.#count--;
    }
    return this.#isStopped ? SHUTTING_DOWN : ENDED;
  }

  /** Tells all that the collector ends. */
  stop(): void {
    this.#isStopped = true;
    this.#look();
  }

  #nextLook(abort: AbortSignal): Promise<void> {
    if (this.#isStopped || abort.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        abort.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        if (this.#waiting.size === 0) {
          this.#cancelLook?.();
          this.#cancelLook = undefined;
        }
        resolve();
      };
      abort.addEventListener('abort', wake);
      this.#waiting.add(wake);
      this.#cancelLook ??= this.#clock.after(LOOK_MS, () => this.#look());
    });
  }

  #look(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A HealthCheckResponse. */
export function responseOf(servingStatus: number): Uint8Array {
  const out = new ArenaWriter(4);
  out.uintField(1, servingStatus);
  return out.finish();
}
