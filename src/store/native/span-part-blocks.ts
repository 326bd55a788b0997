import { EVENT_PATHS, jsonType, LINK_PATHS, MISFITS_TYPE, PART_ATTRIBUTE_PATHS } from '../schema/index.ts';
import type { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant64 } from './columns.ts';
import type { JsonColumn } from './json-column.ts';
import type { SpanRows } from './span-block.ts';
import type { EventRows, LinkRows } from './span-parts.ts';

const TIME = "DateTime64(9, 'UTC')";
const EVENT_ATTRIBUTES_TYPE = jsonType(PART_ATTRIBUTE_PATHS, EVENT_PATHS);
const LINK_ATTRIBUTES_TYPE = jsonType(PART_ATTRIBUTE_PATHS, LINK_PATHS);

/** Writes the events and links of a block of spans as blocks for `span_events` and `span_links`. */
export class SpanPartEncoder {
  readonly #sink = new BlockSink(1 << 12);

  encodeEvents(spans: SpanRows, ingestedAtNs: bigint): TableBlock | undefined {
    const { events } = spans.details;
    if (events.count === 0) return undefined;
    const sink = this.#sink;
    sink.begin(events.count);
    this.#writeSpan(spans, events);
    sink.column('time', TIME);
    sink.refer(events.times);
    sink.column('name', 'LowCardinality(String)');
    events.names.write(sink, events.count);
    this.#writeAttributes(events.attributes, EVENT_ATTRIBUTES_TYPE);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, events.count);
    return sink.finish('span_events');
  }

  encodeLinks(spans: SpanRows, ingestedAtNs: bigint): TableBlock | undefined {
    const { links } = spans.details;
    if (links.count === 0) return undefined;
    const sink = this.#sink;
    sink.begin(links.count);
    this.#writeSpan(spans, links);
    sink.column('linked_trace_id', 'FixedString(16)');
    sink.append(links.traceIds);
    sink.column('linked_span_id', 'FixedString(8)');
    sink.append(links.spanIds);
    sink.column('linked_trace_state', 'String');
    links.traceStates.write(sink);
    sink.column('flags', 'UInt32');
    sink.append(links.flags);
    this.#writeAttributes(links.attributes, LINK_ATTRIBUTES_TYPE);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, links.count);
    return sink.finish('span_links');
  }

  /** What each row has from its span, and its place there. */
  #writeSpan(spans: SpanRows, parts: EventRows | LinkRows): void {
    const sink = this.#sink;
    const { count, spanRows } = parts;
    sink.column('span_time', TIME);
    gather(sink, spans.times, 8, spanRows, count);
    sink.column('trace_id', 'FixedString(16)');
    gather(sink, spans.traceIds, 16, spanRows, count);
    sink.column('span_id', 'FixedString(8)');
    gather(sink, spans.spanIds, 8, spanRows, count);
    sink.column('service_name', 'LowCardinality(String)');
    spans.owners.serviceName.writeSelected(sink, spanRows, count);
    sink.column('resource_id', 'UInt64');
    gather(sink, spans.owners.resourceIds, 8, spanRows, count);
    sink.column('scope_id', 'UInt64');
    gather(sink, spans.owners.scopeIds, 8, spanRows, count);
    sink.column('position', 'UInt32');
    sink.append(parts.positions);
    sink.column('dropped_attributes_count', 'UInt32');
    sink.append(parts.dropped);
  }

  #writeAttributes(attributes: JsonColumn, type: string): void {
    this.#sink.column('attributes', type);
    attributes.write(this.#sink);
    if (!attributes.hasMisfits) return;
    this.#sink.column('attributes_other', MISFITS_TYPE);
    attributes.writeMisfits(this.#sink);
  }
}

/** Values of `size` bytes of some rows of a column. */
function gather(sink: ByteSink, column: ByteSink, size: 8 | 16, rows: Uint32Array, count: number): void {
  let at = sink.take(count * size);
  const { view } = sink;
  const source = column.view;
  for (let i = 0; i < count; i++) {
    const from = rows[i]! * size;
    for (let k = 0; k < size; k += 4, at += 4) view.setUint32(at, source.getUint32(from + k));
  }
}
