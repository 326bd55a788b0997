/** Log records as frames: the records, and how many there are over time by level. */
import type { LogHistogramResponse, LogRecord } from '#api/types.ts';
import { type Frame, frameOfLines, frameOfRows, type NumberField } from '../frame.ts';
import { SEVERITIES } from '../search.ts';

/** A row per record, in their order. */
export function logFrame(records: readonly LogRecord[]): Frame {
  return frameOfRows('log records', records, {
    id: { text: ({ id }) => id },
    time: { time: ({ timeMs }) => timeMs },
    severity: { count: ({ severityNumber }) => severityNumber },
    level: { text: ({ severityText }) => severityText },
    service: { text: ({ service }) => service },
    body: { value: ({ body }) => body },
    attributes: { value: ({ attributes }) => attributes },
    trace: { text: ({ traceId }) => traceId },
    span: { text: ({ spanId }) => spanId },
  });
}

/** The levels that occur, the gravest first. */
export function logCountFrame({ grid, groups }: LogHistogramResponse): Frame {
  const lines = SEVERITIES.flatMap((severity): Omit<NumberField, 'type'>[] => {
    const group = groups.find((candidate) => candidate.severity === severity);
    return group ? [{ name: severity, unit: '1', isCount: true, values: group.counts, tone: { severity } }] : [];
  });
  return frameOfLines('log records by level', grid, lines);
}
