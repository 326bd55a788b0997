import {
  ALWAYS_SAMPLE,
  attributeKey,
  NEVER_SAMPLE,
  randomnessOfTraceId,
  SamplingState,
  type SpanChunk,
  type SpanView,
} from '#pdata';
import type { Decider, Decision, Priority, Source } from './decider.ts';

const PRIORITY = attributeKey('sampling.priority');

/** Decides by the trace state, the trace id and `sampling.priority` of spans. */
export function judgeSpan(decider: Decider, chunk: SpanChunk, span: SpanView): Decision {
  const state = SamplingState.parse(span.traceState);
  const decision = decider.decide(state ?? SamplingState.empty(), state !== undefined, sourceOf(decider, chunk, span), {
    priority: priorityOf(span),
    marksMissing: true,
  });
  if (decision.carrier !== undefined) {
    const text = String(decision.carrier);
    if (text !== span.traceState) span.traceState = text;
  }
  return decision;
}

function sourceOf(decider: Decider, { arena, columns }: SpanChunk, { row }: SpanView): Source | undefined {
  const at = columns.traceIdAt[row]!;
  let isEmpty = true;
  for (let i = at; i < at + 16 && isEmpty; i++) isEmpty = arena[i] === 0;
  if (isEmpty) return undefined;
  return decider.hashes
    ? { policy: 'trace_id_hash', randomness: decider.hash(arena, at, at + 16) }
    : { policy: 'trace_id_w3c', randomness: randomnessOfTraceId(arena, at) };
}

/** OpenTracing's tag: 0 leaves the span out, more keeps it. Libraries write it in several types. */
function priorityOf(span: SpanView): Priority {
  const value = span.attributes.get(PRIORITY);
  const isNumeric = typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);
  if (!isNumeric && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const priority = Number(value);
  if (priority === 0) return NEVER_SAMPLE;
  return priority > 0 ? ALWAYS_SAMPLE : undefined;
}
