import { attributeKey, type SpanChunk } from '#pdata';

/** otelcol's feature gate. */
export const RECORD_POLICY = 'processor.tailsamplingprocessor.recordpolicy';

/** Why spans were kept: written into the attributes of their scopes, under otelcol's names. */
export interface DecisionRecord {
  /** Undefined of late spans: what their trace's decision was is known, and not whose. */
  readonly policy: string | undefined;
  /** The one of a composite policy that kept the trace. */
  readonly compositePolicy: string | undefined;
  /** The trace was decided before the spans came. */
  readonly isCached: boolean;
}

export const CACHED: DecisionRecord = { policy: undefined, compositePolicy: undefined, isCached: true };

const POLICY = attributeKey('tailsampling.policy');
const COMPOSITE_POLICY = attributeKey('tailsampling.composite_policy');
const CACHED_DECISION = attributeKey('tailsampling.cached_decision');

/** Writes it into all scopes that selected rows of the chunk have. */
export function writeRecord(chunk: SpanChunk, { policy, compositePolicy, isCached }: DecisionRecord): void {
  const scopes = new Set<number>();
  for (let i = 0; i < chunk.count; i++) scopes.add(chunk.scopeOf(chunk.rowAt(i)));
  for (const scope of scopes) {
    const attributes = chunk.scopeAttributes.of(scope);
    if (policy !== undefined) attributes.set(POLICY, policy);
    if (compositePolicy !== undefined) attributes.set(COMPOSITE_POLICY, compositePolicy);
    if (isCached) attributes.set(CACHED_DECISION, true);
  }
}

/** One object for each kind of record, so that spans with the same are put together. */
export class DecisionRecords {
  readonly #byName = new Map<string, DecisionRecord>();

  of(policy: string, compositePolicy: string | undefined): DecisionRecord {
    const key = JSON.stringify([policy, compositePolicy]);
    let record = this.#byName.get(key);
    if (record === undefined) {
      record = { policy, compositePolicy, isCached: false };
      this.#byName.set(key, record);
    }
    return record;
  }
}
