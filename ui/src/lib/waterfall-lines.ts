/**
 * The lines of a waterfall in one Int32Array, so that a scroll step only indexes: a span is its row (0 and up), a fold is
 * -1 - i, an inline log record is LOG_LINE + its index.
 */
import type { LogRecord } from '#api/types.ts';
import { fieldOf } from './frame.ts';
import { rowsBySpanId, type TraceModel } from './trace-model.ts';

export const LOG_LINE = 1 << 30;

/** Log records of a trace by the row of their span, each list oldest first. Records without a known span are at -1. */
export interface LogsByRow {
  readonly records: readonly LogRecord[];
  /** From the trace's start, ns. */
  readonly offsetNs: Float64Array;
  readonly byRow: ReadonlyMap<number, readonly number[]>;
}

export function indexLogs(model: TraceModel, records: readonly LogRecord[]): LogsByRow {
  const traceStartNs = BigInt(model.trace.startNs);
  const offsetNs = Float64Array.from(records, ({ timeNs }) => Number(BigInt(timeNs) - traceStartNs));
  const byRow = new Map<number, number[]>();
  const rows = records.length > 0 ? rowsBySpanId(model) : undefined;
  records.forEach(({ spanId }, i) => {
    const row = rows?.get(spanId) ?? -1;
    const list = byRow.get(row);
    if (list) list.push(i);
    else byRow.set(row, [i]);
  });
  return { records, offsetNs, byRow };
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
