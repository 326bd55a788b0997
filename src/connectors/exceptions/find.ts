import { attributeKey, type Chunk, type EventView, LOG, type LogChunk, type SpanChunk, type SpanView } from '#pdata';
import { SERVICE_NAME } from './config.ts';

const EXCEPTION = 'exception';
const SERVICE = attributeKey(SERVICE_NAME);

/** The name of a resource's service: '' for one that is no text, undefined for none. */
export function serviceOf(chunk: Chunk, resource: number): string | undefined {
  const attributes = chunk.resourceAttributes.of(resource);
  return attributes.getText(SERVICE) ?? (attributes.has(SERVICE) ? '' : undefined);
}

/** Visits the events that are exceptions, of spans whose resource has a service. The views are moved on afterwards. */
export function eachExceptionEvent(
  chunk: SpanChunk,
  visit: (span: SpanView, event: EventView, service: string) => void,
): void {
  const { eventCount } = chunk.columns;
  const span = chunk.view();
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    if (eventCount[row] === 0) continue;
    span.row = row;
    const { count } = span.events;
    for (let item = 0; item < count; item++) {
      const event = span.events.at(item);
      if (event.name !== EXCEPTION) continue;
      const service = serviceOf(chunk, chunk.resourceOf(row));
      if (service === undefined) break;
      visit(span, event, service);
    }
  }
}

/** The selected rows that are exceptions, by the name of their event. */
export function exceptionRows(chunk: LogChunk): Uint32Array {
  const rows = new Uint32Array(chunk.count);
  let count = 0;
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    if (chunk.rowText(row, LOG.eventName) === EXCEPTION) rows[count++] = row;
  }
  return rows.subarray(0, count);
}
