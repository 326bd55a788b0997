import { hexAt } from '#base';
import {
  type EventTable,
  type LinkTable,
  readEvents,
  readLinks,
  SPAN,
  type SpanChunk,
  statusMessageOf,
  textAt,
} from '#pdata';
import { groupVisitor } from './groups.ts';
import { attributeLines, idText, printTime } from './values.ts';
import type { Visitor } from './walk.ts';

const KINDS: readonly string[] = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUSES: readonly string[] = ['Unset', 'Ok', 'Error'];

export function spanVisitor(lines: string[]): Visitor<SpanChunk> {
  const details = new WeakMap<SpanChunk, { events: EventTable; links: LinkTable }>();
  return {
    ...groupVisitor<SpanChunk>(lines, 'ResourceSpans', 'ScopeSpans'),
    item(chunk, row, number) {
      let found = details.get(chunk);
      if (found === undefined) {
        found = { events: readEvents(chunk), links: readLinks(chunk) };
        details.set(chunk, found);
      }
      lines.push(`Span #${number}`);
      spanLines(lines, chunk, row);
      const attributes = attributeLines(chunk.rowAttributes.table, chunk.arena, row);
      if (attributes.length > 0) lines.push('Attributes:', ...attributes);
      eventLines(lines, chunk, row, found.events);
      linkLines(lines, chunk, row, found.links);
    },
  };
}

function viewOf(chunk: SpanChunk, row: number): ReturnType<SpanChunk['view']> {
  const span = chunk.view();
  span.row = row;
  return span;
}

function spanLines(lines: string[], chunk: SpanChunk, row: number): void {
  const span = viewOf(chunk, row);
  const message = statusMessageOf(chunk, row);
  const add = (name: string, value: string | number): void => {
    lines.push(`    ${name.padEnd(15)}: ${value}`);
  };
  add('Trace ID', idText(span.traceId));
  add('Parent ID', span.parentSpanId);
  add('ID', idText(span.spanId));
  add('Name', span.name);
  add('Kind', KINDS[span.kind] ?? span.kind);
  if (span.traceState !== '') add('TraceState', span.traceState);
  add('Start time', printTime(span.startNs));
  add('End time', printTime(span.endNs));
  add('Status code', STATUSES[span.statusCode] ?? span.statusCode);
  add('Status message', textAt(chunk.arena, message.at, message.length));
  add('DroppedAttributesCount', chunk.rowNumber(row, SPAN.droppedAttributesCount));
  add('DroppedEventsCount', chunk.rowNumber(row, SPAN.droppedEventsCount));
  add('DroppedLinksCount', chunk.rowNumber(row, SPAN.droppedLinksCount));
}

function eventLines(lines: string[], chunk: SpanChunk, row: number, events: EventTable): void {
  const span = viewOf(chunk, row);
  const from = events.from[row]!;
  const to = events.to[row]!;
  if (from < to) lines.push('Events:');
  for (let event = from; event < to; event++) {
    lines.push(`SpanEvent #${event - from}`);
    lines.push(`     -> Name: ${textAt(chunk.arena, events.nameAt[event]!, events.nameLength[event]!)}`);
    lines.push(`     -> Timestamp: ${printTime(events.timeNs[event]!)}`);
    lines.push(`     -> DroppedAttributesCount: ${span.events.at(event - from).droppedAttributesCount}`);
    const attributes = attributeLines(events.attributes, chunk.arena, event, '          ');
    if (attributes.length > 0) lines.push('     -> Attributes::', ...attributes);
  }
}

function linkLines(lines: string[], chunk: SpanChunk, row: number, links: LinkTable): void {
  const span = viewOf(chunk, row);
  const from = links.from[row]!;
  const to = links.to[row]!;
  if (from < to) lines.push('Links:');
  for (let link = from; link < to; link++) {
    const traceIdAt = links.traceIdAt[link]!;
    const spanIdAt = links.spanIdAt[link]!;
    lines.push(`SpanLink #${link - from}`);
    lines.push(`     -> Trace ID: ${traceIdAt === 0 ? '' : hexAt(chunk.arena, traceIdAt, 16)}`);
    lines.push(`     -> ID: ${spanIdAt === 0 ? '' : hexAt(chunk.arena, spanIdAt, 8)}`);
    lines.push(`     -> TraceState: ${textAt(chunk.arena, links.traceStateAt[link]!, links.traceStateLength[link]!)}`);
    lines.push(`     -> DroppedAttributesCount: ${span.links.at(link - from).droppedAttributesCount}`);
    const attributes = attributeLines(links.attributes, chunk.arena, link, '          ');
    if (attributes.length > 0) lines.push('     -> Attributes::', ...attributes);
  }
}
