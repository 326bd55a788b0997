import { Labels, labelsHash64 } from '#query/promql.ts';

/**
 * When a group is evaluated: at multiples of its interval, moved by a hash of its file and name, so that groups spread and each has its
 * times whatever server evaluates it and whenever that started (rules/group.go, EvalTimestamp). In nanoseconds: the hash has no round ones.
 */
export class GroupTimes {
  readonly #intervalNs: bigint;
  readonly #offsetNs: bigint;

  constructor(file: string, name: string, intervalMs: number) {
    this.#intervalNs = BigInt(Math.round(intervalMs * 1e6));
    const labels = Labels.of([
      ['name', name],
      ['file', file],
    ]);
    this.#offsetNs = labelsHash64(labels) % this.#intervalNs;
  }

  /** The time of the evaluation that is due at `nowNs` or was the last one before it. */
  lastNs(nowNs: bigint): bigint {
    const shifted = nowNs - this.#offsetNs;
    return shifted - (shifted % this.#intervalNs) + this.#offsetNs;
  }

  /** The same in whole milliseconds, as samples have their times. */
  lastMs(nowMs: number): number {
    return Number(this.lastNs(BigInt(Math.trunc(nowMs)) * 1_000_000n + 999_999n) / 1_000_000n);
  }
}
