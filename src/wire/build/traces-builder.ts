import { type ArenaWriter, SPAN, SPAN_EVENT, SPAN_LINK, SPAN_STATUS, type SpanChunk } from '#pdata';
import { decodeTraces } from '../otlp/decode-traces.ts';
import { type AttributesInput, Group, RequestBuilder, writeAttributes, writeId } from './groups.ts';

export interface EventInput {
  readonly name: string;
  readonly timeNs?: bigint;
  readonly attributes?: AttributesInput;
}
export interface LinkInput {
  readonly traceId: string | Uint8Array;
  readonly spanId: string | Uint8Array;
  readonly traceState?: string;
  readonly attributes?: AttributesInput;
}
/** A new span. Ids are bytes or hexadecimal, times nanoseconds since the epoch. */
export interface SpanInput {
  readonly traceId: string | Uint8Array;
  readonly spanId: string | Uint8Array;
  /** Left out for a root. */
  readonly parentSpanId?: string | Uint8Array;
  readonly name: string;
  /** SPAN_KIND_*. */
  readonly kind?: number;
  readonly startNs?: bigint;
  readonly endNs?: bigint;
  /** STATUS_*. */
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly traceState?: string;
  readonly flags?: number;
  readonly attributes?: AttributesInput;
  readonly events?: readonly EventInput[];
  readonly links?: readonly LinkInput[];
}

/** Builds new spans: `builder.group({ resource, scope }).add({ traceId, spanId, name })`. */
export class TracesBuilder extends RequestBuilder<SpanGroup> {
  constructor() {
    super((input) => new SpanGroup(input));
  }

  chunk(): SpanChunk {
    return decodeTraces(this.body()).chunk;
  }
}

class SpanGroup extends Group {
  add(span: SpanInput): void {
    const out = this.items;
    const mark = out.begin(2);
    writeId(out, SPAN.traceId, span.traceId);
    writeId(out, SPAN.spanId, span.spanId);
    out.textField(SPAN.traceState, span.traceState ?? '');
    writeId(out, SPAN.parentSpanId, span.parentSpanId);
    out.textField(SPAN.name, span.name);
    out.uintField(SPAN.kind, span.kind ?? 0);
    out.fixed64Field(SPAN.startTime, span.startNs ?? 0n);
    out.fixed64Field(SPAN.endTime, span.endNs ?? 0n);
    writeAttributes(out, SPAN.attributes, span.attributes);
    for (const event of span.events ?? []) writeEvent(out, event);
    for (const link of span.links ?? []) writeLink(out, link);
    if (span.statusCode !== undefined || span.statusMessage !== undefined) {
      const status = out.begin(SPAN.status);
      out.textField(SPAN_STATUS.message, span.statusMessage ?? '');
      out.uintField(SPAN_STATUS.code, span.statusCode ?? 0);
      out.end(status);
    }
    out.fixed32Field(SPAN.flags, span.flags ?? 0);
    out.end(mark);
  }
}

function writeEvent(out: ArenaWriter, event: EventInput): void {
  const mark = out.begin(SPAN.events);
  out.fixed64Field(SPAN_EVENT.time, event.timeNs ?? 0n);
  out.textField(SPAN_EVENT.name, event.name);
  writeAttributes(out, SPAN_EVENT.attributes, event.attributes);
  out.end(mark);
}

function writeLink(out: ArenaWriter, link: LinkInput): void {
  const mark = out.begin(SPAN.links);
  writeId(out, SPAN_LINK.traceId, link.traceId);
  writeId(out, SPAN_LINK.spanId, link.spanId);
  out.textField(SPAN_LINK.traceState, link.traceState ?? '');
  writeAttributes(out, SPAN_LINK.attributes, link.attributes);
  out.end(mark);
}
