import { type AnyValue, Batch, type BatchContext } from '#pdata';
import { decodeTraces, type SpanInput, TracesBuilder } from '#wire';

/** Bodies and batches of spans for the tests of processors. */

export interface TestSpan {
  /** Any text; hashed into 16 bytes by repetition. */
  readonly trace: string;
  readonly name?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  /** STATUS_*. */
  readonly status?: number;
  readonly flags?: number;
  readonly isChild?: boolean;
  readonly traceState?: string;
  readonly attributes?: { readonly [key: string]: AnyValue };
}

export interface TestResource {
  readonly attributes?: { readonly [key: string]: AnyValue };
  readonly spans: readonly TestSpan[];
}

const EPOCH_NS = 1_700_000_000_000_000_000n;

/** An ExportTraceServiceRequest with one scope per resource. */
export function tracesBody(resources: readonly TestResource[]): Uint8Array {
  const builder = new TracesBuilder();
  for (const { attributes, spans } of resources) {
    const group = builder.group({ resource: attributes ?? {}, scope: { name: 'test' } });
    for (const span of spans) group.add(spanInput(span));
  }
  return builder.body();
}

function spanInput(span: TestSpan): SpanInput {
  return {
    traceId: traceIdOf(span.trace),
    spanId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    traceState: span.traceState ?? '',
    ...(span.isChild && { parentSpanId: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1) }),
    name: span.name ?? 'span',
    startNs: EPOCH_NS + BigInt(Math.round((span.startMs ?? 0) * 1e6)),
    endNs: EPOCH_NS + BigInt(Math.round((span.endMs ?? span.startMs ?? 0) * 1e6)),
    attributes: span.attributes ?? {},
    ...(span.status !== undefined && { statusCode: span.status }),
    flags: span.flags ?? 0,
  };
}

/** 16 bytes that stand for a text of up to 16 letters. */
export function traceIdOf(trace: string): Uint8Array {
  return new TextEncoder().encode(trace.padEnd(16, '.').slice(0, 16));
}

/** A batch of one chunk with these resources and spans. */
export function traces(resources: readonly TestResource[], context: BatchContext = {}): Batch {
  return new Batch('traces', [decodeTraces(tracesBody(resources)).chunk], context);
}

/** A batch of `count` spans with names `prefix0`, `prefix1`, … */
export function spans(count: number, prefix = 'span', context: BatchContext = {}): Batch {
  const list = Array.from({ length: count }, (_, i) => ({ trace: `t${i}`, name: `${prefix}${i}` }));
  return traces([{ spans: list }], context);
}
