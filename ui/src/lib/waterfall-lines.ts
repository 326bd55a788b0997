/**
 * The lines of a waterfall in one Int32Array, so that a scroll step only indexes: a span is its row (0 and up), a fold is
 * -1 - i, an inline log record is LOG_LINE + its index.
 */
import type { AttributeValue } from '#api/types.ts';
import { type Frame, fieldOf, type Numbers } from './frame.ts';
import { rowsBySpanId, type TraceModel } from './trace-model.ts';

export const LOG_LINE = 1 << 30;

/** Log records of a trace as columns, and by the row of their span, oldest first. Records without a known span are at -1. */
export interface LogsByRow {
  /** As logFrame gives them. */
  readonly frame: Frame;
  readonly severities: Numbers;
  readonly levels: readonly string[];
  readonly bodies: readonly AttributeValue[];
  /** Of their spans; -1 for none. */
  readonly rows: Int32Array;
  /** From the trace's start, ns. */
  readonly offsetNs: Float64Array;
  readonly byRow: ReadonlyMap<number, readonly number[]>;
}

export function indexLogs(model: TraceModel, frame: Frame): LogsByRow {
  const traceStartNs = BigInt(model.trace.startNs);
  const offsetNs = Float64Array.from(fieldOf(frame, 'exact', 'text').values, (ns) => Number(BigInt(ns) - traceStartNs));
  const byRow = new Map<number, number[]>();
  const bySpanId = frame.length > 0 ? rowsBySpanId(model) : undefined;
  const rows = Int32Array.from(fieldOf(frame, 'span', 'text').values, (spanId) => bySpanId?.get(spanId) ?? -1);
  rows.forEach((row, i) => {
    const list = byRow.get(row);
    if (list) list.push(i);
    else byRow.set(row, [i]);
  });
  return {
    frame,
    severities: fieldOf(frame, 'severity', 'number').values,
    levels: fieldOf(frame, 'level', 'text').values,
    bodies: fieldOf(frame, 'body', 'value').values,
    rows,
    offsetNs,
    byRow,
  };
}

/** Puts each span's log lines under it; those of no known span come first. */
export function withLogLines(lines: Int32Array, logs: LogsByRow): Int32Array {
  const out: number[] = (logs.byRow.get(-1) ?? []).map((i) => LOG_LINE + i);
  for (const line of lines) {
    out.push(line);
    if (line < 0) continue;
    for (const i of logs.byRow.get(line) ?? []) out.push(LOG_LINE + i);
  }
  return Int32Array.from(out);
}

/** Events by row, as rows of the frame of events. */
export function indexEvents(model: TraceModel): ReadonlyMap<number, readonly number[]> {
  const byRow = new Map<number, number[]>();
  fieldOf(model.events, 'row', 'number').values.forEach((row, i) => {
    if (row === null) return;
    const list = byRow.get(row);
    if (list) list.push(i);
    else byRow.set(row, [i]);
  });
  return byRow;
}
