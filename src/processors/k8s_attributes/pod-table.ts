import type { Clock } from '#base';
import { type PodIdentifier, uidIdentifier } from './identifiers.ts';
import type { KnownPod } from './known-pod.ts';

interface Leaving {
  readonly identifier: PodIdentifier;
  readonly pod: KnownPod;
  readonly dueMs: number;
}

/** Pods by what they are found by. One that has gone is found for some time, because its last telemetry comes late. */
export class PodTable {
  readonly #pods = new Map<PodIdentifier, KnownPod>();
  readonly #graceMs: number;
  readonly #clock: Clock;
  /** In order of their time. */
  #leaving: Leaving[] = [];
  #cancel: () => void = () => undefined;

  constructor(graceMs: number, clock: Clock) {
    this.#graceMs = graceMs;
    this.#clock = clock;
  }

  get size(): number {
    return this.#pods.size;
  }

  /** Undefined for none, and for one that nothing shall be added for. */
  find(identifier: PodIdentifier): KnownPod | undefined {
    const pod = this.#pods.get(identifier);
    return pod?.isIgnored === true ? undefined : pod;
  }

  /** Adds a pod, or replaces what was known of it. */
  set(pod: KnownPod): void {
    const uid = uidIdentifier(pod.uid);
    const before = pod.uid === '' ? undefined : this.#pods.get(uid);
    for (const identifier of pod.identifiers) {
      const other = this.#pods.get(identifier);
      // An address goes from pod to pod: who has got it later has it now, whichever of the two is heard of last.
      if (other !== undefined && pod.startMs < other.startMs) continue;
      this.#pods.set(identifier, pod);
    }
    if (before === undefined || before === pod || this.#pods.get(uid) !== pod) return;
    const kept = new Set(pod.identifiers);
    for (const identifier of before.identifiers) {
      const known = this.#pods.get(identifier);
      if (!kept.has(identifier) && known?.uid === before.uid) this.#leave(identifier, known);
    }
  }

  /** The pod has gone. What it is found by is forgotten later. */
  forget(uid: string): void {
    const pod = this.#pods.get(uidIdentifier(uid));
    for (const identifier of pod?.identifiers ?? []) {
      const known = this.#pods.get(identifier);
      if (known?.uid === uid) this.#leave(identifier, known);
    }
  }

  /** Forgets everything at once. */
  clear(): void {
    this.#pods.clear();
    this.#cancel();
    this.#cancel = () => undefined;
    this.#leaving = [];
  }

  #leave(identifier: PodIdentifier, pod: KnownPod): void {
    this.#leaving.push({ identifier, pod, dueMs: this.#clock.monotonicMs() + this.#graceMs });
    if (this.#leaving.length === 1) this.#cancel = this.#clock.after(this.#graceMs, () => this.#forgetDue());
  }

  #forgetDue(): void {
    const nowMs = this.#clock.monotonicMs();
    let count = 0;
    for (const { identifier, pod, dueMs } of this.#leaving) {
      if (dueMs > nowMs) break;
      count++;
      // Another pod has it now, or the same one again.
      if (this.#pods.get(identifier) === pod) this.#pods.delete(identifier);
    }
    this.#leaving = this.#leaving.slice(count);
    const next = this.#leaving[0];
    if (next !== undefined) this.#cancel = this.#clock.after(next.dueMs - nowMs, () => this.#forgetDue());
  }
}
