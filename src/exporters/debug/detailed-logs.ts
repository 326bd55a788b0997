import type { LogChunk } from '#pdata';
import { groupVisitor } from './groups.ts';
import { attributeLines, idText, printTime, typedValue } from './values.ts';
import type { Visitor } from './walk.ts';

const SEVERITIES: readonly string[] = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'];

/** `Info(9)`, `Warn2(14)`. */
function severity(number: number): string {
  if (number === 0) return 'Unspecified(0)';
  const name = SEVERITIES[(number - 1) >> 2];
  if (name === undefined) return `(${number})`;
  const step = (number - 1) & 3;
  return `${name}${step === 0 ? '' : step + 1}(${number})`;
}

export function logVisitor(lines: string[]): Visitor<LogChunk> {
  return {
    ...groupVisitor<LogChunk>(lines, 'ResourceLog', 'ScopeLogs'),
    item(chunk, row, number) {
      const log = chunk.view();
      log.row = row;
      const { bodyType, bodyAt, bodyLength, flags } = chunk.columns;
      lines.push(`LogRecord #${number}`);
      lines.push(`ObservedTimestamp: ${printTime(log.observedNs)}`);
      lines.push(`Timestamp: ${printTime(log.timeNs)}`);
      lines.push(`SeverityText: ${log.severityText}`);
      lines.push(`SeverityNumber: ${severity(log.severityNumber)}`);
      if (log.eventName !== '') lines.push(`EventName: ${log.eventName}`);
      lines.push(`Body: ${typedValue(chunk.arena, bodyType[row]!, bodyAt[row]!, bodyLength[row]!)}`);
      const attributes = attributeLines(chunk.rowAttributes.table, chunk.arena, row);
      if (attributes.length > 0) lines.push('Attributes:', ...attributes);
      lines.push(`Trace ID: ${idText(log.traceId)}`);
      lines.push(`Span ID: ${idText(log.spanId)}`);
      lines.push(`Flags: ${flags[row]}`);
    },
  };
}
