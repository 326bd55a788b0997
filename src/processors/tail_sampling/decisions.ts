import type { Clock } from '#base';
import type { Account } from '#component';
import { SpanSelection } from './held-spans.ts';
import type { TailSamplingMetrics } from './metrics.ts';
import {
  DECISION_DROPPED,
  DECISION_NOT_SAMPLED,
  DECISION_SAMPLED,
  POLICY_FAILED,
  type Policy,
  TraceFacts,
} from './policies.ts';
import type { ReleaseQueue } from './release-queue.ts';
import type { TraceBuffer } from './trace-buffer.ts';

/** A batch of sampled traces is closed beyond these; gRPC servers take 4 MiB by default. A single trace may be larger. */
const BATCH_SPANS = 8192;
const BATCH_BYTES = 2 * 1024 * 1024;

export interface DecisionSettings {
  readonly buffer: TraceBuffer;
  /** In the order in which they are asked. */
  readonly policies: readonly Policy[];
  readonly sampleOnFirstMatch: boolean;
  readonly queue: ReleaseQueue;
  readonly metrics: TailSamplingMetrics;
  readonly account: Account;
  readonly clock: Clock;
}

/** Decides the traces that are due, and hands those that are kept to the release queue. */
export class DecisionMaker {
  readonly #settings: DecisionSettings;
  readonly #facts: TraceFacts;
  readonly #selection = new SpanSelection();
  /** Traces per policy and decision, and spans per decision, of this round: counted here, added to the metrics at its end. */
  readonly #votes: Uint32Array;
  readonly #traces = new Uint32Array(3);
  readonly #spans = new Uint32Array(3);

  constructor(settings: DecisionSettings) {
    this.#settings = settings;
    this.#facts = new TraceFacts(settings.buffer.table);
    this.#votes = new Uint32Array(settings.policies.length * 3);
  }

  /** Decides what is due while the release queue has room; the rest stays due. */
  decideDue(): void {
    const { buffer, queue, clock } = this.#settings;
    if (buffer.nextDue < 0 && !buffer.hasLateSpans) return;
    const nowMs = clock.monotonicMs();
    buffer.seal();
    if (queue.hasRoom && buffer.hasLateSpans) {
      buffer.releaseLate(this.#selection);
      this.#releaseFull();
    }
    while (queue.hasRoom) {
      const slot = buffer.nextDue;
      if (slot < 0) break;
      const decision = this.#decide(slot);
      buffer.settle(slot, decision === DECISION_SAMPLED, this.#selection, nowMs);
      this.#releaseFull();
    }
    if (this.#selection.spanCount > 0) this.#selection.moveTo((batch) => queue.push(batch));
    this.#count();
  }

  #releaseFull(): void {
    const selection = this.#selection;
    if (selection.spanCount >= BATCH_SPANS || selection.byteCount >= BATCH_BYTES) {
      selection.moveTo((batch) => this.#settings.queue.push(batch));
    }
  }

  /** Dropped wins over sampled, sampled over not sampled. */
  #decide(slot: number): number {
    const { policies, sampleOnFirstMatch } = this.#settings;
    const facts = this.#facts;
    facts.slot = slot;
    let decision: number = DECISION_NOT_SAMPLED;
    for (let i = 0; i < policies.length; i++) {
      const policy = policies[i]!;
      const vote = this.#voteOf(policy);
      if (vote < 0) continue;
      this.#votes[i * 3 + vote]!++;
      if (vote > decision) decision = vote;
      if (vote === DECISION_DROPPED || (vote === DECISION_SAMPLED && sampleOnFirstMatch)) break;
    }
    this.#traces[decision]!++;
    this.#spans[decision]! += facts.spanCount;
    return decision;
  }

  /** -1 where the policy can't say. */
  #voteOf(policy: Policy): number {
    try {
      return policy.matches(this.#facts) ? policy.verdict : DECISION_NOT_SAMPLED;
    } catch (error) {
      if (error !== POLICY_FAILED) throw error;
      this.#settings.metrics.evaluationErrors.add(1);
      return -1;
    }
  }

  #count(): void {
    const { account, metrics, policies } = this.#settings;
    account.sampledOut('traces', this.#spans[DECISION_NOT_SAMPLED]!, 'not_sampled');
    account.sampledOut('traces', this.#spans[DECISION_DROPPED]!, 'drop_policy');
    for (let decision = 0; decision < 3; decision++) {
      metrics.traces[decision]!.add(this.#traces[decision]!);
      metrics.spans[decision]!.add(this.#spans[decision]!);
      for (let i = 0; i < policies.length; i++) {
        metrics.tracesByPolicy[i]![decision]!.add(this.#votes[i * 3 + decision]!);
      }
    }
    this.#traces.fill(0);
    this.#spans.fill(0);
    this.#votes.fill(0);
  }
}
