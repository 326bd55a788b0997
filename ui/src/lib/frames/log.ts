/** Log records as frames: the records, one of them whole, and how many there are over time by level. */
import type { LogHistogramResponse, LogRecord } from '#api/types.ts';
import { type Frame, frameOfLines, frameOfRows, type NumberField } from '../frame.ts';
import { traceOfLog } from '../log-trace.ts';
import { SEVERITIES } from '../search.ts';
import { attributesFrame, detailsFrame, withoutStack } from './details.ts';

/** A row per record, in their order. */
export function logFrame(records: readonly LogRecord[]): Frame {
  return frameOfRows('log records', records, {
    id: { text: ({ id }) => id },
    time: { time: ({ timeMs }) => timeMs },
    /** The same in nanoseconds since the epoch, which a number can't hold. */
    exact: { text: ({ timeNs }) => timeNs },
    severity: { count: ({ severityNumber }) => severityNumber },
    level: { text: ({ severityText }) => severityText },
    service: { text: ({ service }) => service },
    body: { value: ({ body }) => body },
    attributes: { value: ({ attributes }) => attributes },
    resource: { value: ({ resource }) => resource },
    /** The one that it leads to, or none. */
    trace: { text: traceOfLog },
    span: { text: ({ spanId }) => spanId },
  });
}

export interface LogRecordFrames {
  readonly attributes: Frame;
  readonly resource: Frame;
  /** Scope, ids and the like. */
  readonly record: Frame;
}

/** One record, whole. */
export function logRecordFrames(log: LogRecord): LogRecordFrames {
  const record = [
    ['event', log.eventName],
    ['scope', log.scope],
    ['severity number', log.severityNumber],
    ['span id', log.spanId],
    ['trace id', log.traceId],
  ] as const;
  return {
    attributes: attributesFrame('attributes', withoutStack(log.attributes)),
    resource: attributesFrame('resource', log.resource),
    record: detailsFrame(
      'record',
      record.filter(([, value]) => value !== ''),
    ),
  };
}

/** The levels that occur, the gravest first. */
export function logCountFrame({ grid, groups }: LogHistogramResponse): Frame {
  const lines = SEVERITIES.flatMap((severity): Omit<NumberField, 'type'>[] => {
    const group = groups.find((candidate) => candidate.severity === severity);
    return group ? [{ name: severity, unit: '1', isCount: true, values: group.counts, tone: { severity } }] : [];
  });
  return frameOfLines('log records by level', grid, lines);
}
