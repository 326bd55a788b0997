import { type AnyValue, ArenaWriter, Batch, type BatchContext, SPAN } from '#pdata';
import { decodeTraces } from '#wire';

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
function tracesBody(resources: readonly TestResource[]): Uint8Array {
  const out = new ArenaWriter();
  for (const { attributes, spans } of resources) {
    const resourceSpans = out.begin(1);
    const resource = out.begin(1);
    for (const [key, value] of Object.entries(attributes ?? {})) out.attribute(1, key, value);
    out.end(resource);
    const scopeSpans = out.begin(2);
    const scope = out.begin(1);
    out.textField(1, 'test');
    out.end(scope);
    for (const span of spans) writeSpan(out, span);
    out.end(scopeSpans);
    out.end(resourceSpans);
  }
  return out.finish();
}

function writeSpan(out: ArenaWriter, span: TestSpan): void {
  const mark = out.begin(2);
  out.bytesField(SPAN.traceId, traceIdOf(span.trace));
  out.bytesField(SPAN.spanId, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  out.textField(SPAN.traceState, span.traceState ?? '');
  if (span.isChild) out.bytesField(SPAN.parentSpanId, Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1));
  out.textField(SPAN.name, span.name ?? 'span');
  out.fixed64Field(SPAN.startTime, EPOCH_NS + BigInt(Math.round((span.startMs ?? 0) * 1e6)));
  out.fixed64Field(SPAN.endTime, EPOCH_NS + BigInt(Math.round((span.endMs ?? span.startMs ?? 0) * 1e6)));
  for (const [key, value] of Object.entries(span.attributes ?? {})) out.attribute(SPAN.attributes, key, value);
  if (span.status !== undefined) {
    const status = out.begin(SPAN.status);
    out.uintField(3, span.status);
    out.end(status);
  }
  if (span.flags !== undefined) {
    out.tag(SPAN.flags, 5);
    out.fixed32(span.flags);
  }
  out.end(mark);
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
