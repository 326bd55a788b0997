import { createHash } from 'node:crypto';

/** The ids behind the labels of a file: the same in each run, so that what is sampled by its id is, too. */

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** 32 hexadecimal digits: those that are written, or the ones of a label. */
export function traceIdOf(label: string): string {
  return TRACE_ID.test(label) ? label : digits('trace', label, 32);
}

/** 16 hexadecimal digits. A label means another span in each trace. */
export function spanIdOf(traceId: string, label: string): string {
  return SPAN_ID.test(label) ? label : digits(`span ${traceId}`, label, 16);
}

function digits(kind: string, label: string, length: number): string {
  return createHash('sha256').update(`${kind} ${label}`).digest('hex').slice(0, length);
}
