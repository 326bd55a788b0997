import type { Clock } from '#base';
import type { Account } from '#component';
import { CACHED, DecisionRecords } from './decision-record.ts';
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
  /** By `judge` while spans come, instead of once all are there. */
  readonly decidesOnIngest: boolean;
  readonly sampleOnFirstMatch: boolean;
  readonly queue: ReleaseQueue;
  readonly metrics: TailSamplingMetrics;
  readonly account: Account;
  readonly clock: Clock;
  /** Which policy kept a trace is written beside its spans. */
  readonly recordsPolicy: boolean;
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
  readonly #records = new DecisionRecords();

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
      if (this.#settings.recordsPolicy) this.#selection.record = CACHED;
      buffer.releaseLate(this.#selection);
      this.#releaseFull();
    }
    while (queue.hasRoom) {
      const slot = buffer.nextDue;
      if (slot < 0) break;
      const decision = this.#settings.decidesOnIngest ? this.#decided(slot) : this.#decide(slot);
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

  /**
   * What the policies say of the spans of a trace that came together, whose facts the table has: the number of the one that decides, or -1. As in
   * otelcol a drop policy that says no may still say yes of later spans, so that nothing is kept while there is one.
   */
  judge(slot: number): number {
    const { policies } = this.#settings;
    this.#facts.slot = slot;
    let mayBeDropped = false;
    for (let i = 0; i < policies.length; i++) {
      const policy = policies[i]!;
      const drops = policy.verdict === DECISION_DROPPED;
      if (mayBeDropped && !drops) break;
      const vote = this.#voteOf(policy);
      if (vote < 0) continue;
      this.#votes[i * 3 + vote]!++;
      if (vote !== DECISION_NOT_SAMPLED) return i;
      if (drops) mayBeDropped = true;
    }
    return -1;
  }

  /** Of a trace that was judged while its spans came, or by nobody. */
  #decided(slot: number): number {
    const { buffer, policies } = this.#settings;
    const policy = policies[buffer.table.decidedBy[slot]! - 1];
    const decision = policy?.verdict ?? DECISION_NOT_SAMPLED;
    this.#countTrace(decision, slot);
    if (this.#settings.recordsPolicy && decision === DECISION_SAMPLED)
      this.#selection.record = this.#records.of(policy!.name, undefined);
    return decision;
  }

  #countTrace(decision: number, slot: number): void {
    this.#traces[decision]!++;
    this.#spans[decision]! += this.#settings.buffer.table.spanCount[slot]!;
  }

  /** Dropped wins over sampled, sampled over not sampled. */
  #decide(slot: number): number {
    const { policies, sampleOnFirstMatch } = this.#settings;
    const facts = this.#facts;
    facts.slot = slot;
    facts.compositePolicy = undefined;
    let decision: number = DECISION_NOT_SAMPLED;
    let decidedBy: Policy | undefined;
    let compositePolicy: string | undefined;
    for (let i = 0; i < policies.length; i++) {
      const policy = policies[i]!;
      const vote = this.#voteOf(policy);
      if (vote < 0) continue;
      this.#votes[i * 3 + vote]!++;
      if (vote > decision) {
        decision = vote;
        decidedBy = policy;
        compositePolicy = facts.compositePolicy;
      }
      if (vote === DECISION_DROPPED || (vote === DECISION_SAMPLED && sampleOnFirstMatch)) break;
    }
    this.#countTrace(decision, slot);
    if (this.#settings.recordsPolicy && decision === DECISION_SAMPLED)
      this.#selection.record = this.#records.of(decidedBy!.name, compositePolicy);
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
