/** A trace as frames: a row per span, parents before children, and a row per event. */
import type { TraceResponse } from '#api/types.ts';
import type { Field, Frame } from '../frame.ts';

/** What a trace says of itself as a whole. */
export type TraceHead = Pick<TraceResponse, 'traceId' | 'startNs' | 'startMs' | 'durationNs' | 'logCount'>;

export interface TraceFrames {
  readonly head: TraceHead;
  /** Starts are from the beginning of the trace; `parent` is the parent's row, -1 for a root, -2 for a span whose parent is not there. */
  readonly spans: Frame;
  /** `row` is that of the span, `time` from the beginning of the trace. */
  readonly events: Frame;
}

const ID_DIGITS = 16;

export function traceFrames(trace: TraceResponse): TraceFrames {
  const { spans, events, services, names, hints, traceId, startNs, startMs, durationNs, logCount } = trace;
  const length = spans.startNs.length;
  const number = (name: string, values: readonly number[], unit = '1'): Field => ({
    name,
    type: 'number',
    unit,
    values,
  });
  const ids = Array.from({ length }, (_, row) => spans.ids.slice(row * ID_DIGITS, (row + 1) * ID_DIGITS));
  return {
    head: { traceId, startNs, startMs, durationNs, logCount },
    spans: {
      name: 'spans',
      length,
      fields: [
        { name: 'id', type: 'text', values: ids },
        number('parent', spans.parent),
        number('start', spans.startNs, 'ns'),
        number('duration', spans.durationNs, 'ns'),
        number('kind', spans.kind),
        number('status', spans.status),
        { name: 'service', type: 'enum', indices: spans.service, texts: services },
        { name: 'name', type: 'enum', indices: spans.name, texts: names },
        { name: 'hint', type: 'enum', indices: spans.hint, texts: hints },
      ],
    },
    events: {
      name: 'events',
      length: events.row.length,
      fields: [
        number('row', events.row),
        number('time', events.timeNs, 'ns'),
        { name: 'name', type: 'enum', indices: events.name, texts: events.names },
      ],
    },
  };
}
