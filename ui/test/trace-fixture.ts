/** Small traces for unit tests: one line per span. */
import type { TraceResponse } from '#api/types.ts';
import { traceFrames } from '../src/lib/frames/trace.ts';
import { buildTraceModel, type TraceModel } from '../src/lib/trace-model.ts';

export interface SpanLine {
  readonly name: string;
  /** Name of the parent; absent for a root. A name that is not in the trace makes an orphan. */
  readonly parent?: string;
  readonly start: number;
  readonly end: number;
  readonly service?: string;
  readonly failed?: boolean;
  readonly kind?: number;
  readonly hint?: string;
}

const INTERNAL = 1;

/** The id of the span with this name: of 16 characters, as real ones. */
export const idOf = (name: string): string => name.padEnd(16, '.').slice(0, 16);

/** Names are unique and become the span ids; times are ns from the trace's start. Lines come sorted by start. */
export function traceOf(lines: readonly SpanLine[]): TraceResponse {
  const services = [...new Set(lines.map(({ service }) => service ?? 'shop'))];
  const hints = [...new Set(lines.map(({ hint }) => hint ?? ''))];
  const rows = new Map(lines.map(({ name }, row) => [name, row]));
  return {
    traceId: 'f'.repeat(32),
    startNs: '1700000000000000000',
    startMs: 1_700_000_000_000,
    durationNs: Math.max(0, ...lines.map(({ end }) => end)) - Math.min(0, ...lines.map(({ start }) => start)),
    services,
    names: lines.map(({ name }) => name),
    hints,
    spans: {
      ids: lines.map(({ name }) => idOf(name)).join(''),
      parent: lines.map(({ parent }) => (parent === undefined ? -1 : (rows.get(parent) ?? -2))),
      service: lines.map(({ service }) => services.indexOf(service ?? 'shop')),
      name: lines.map((_, row) => row),
      startNs: lines.map(({ start }) => start),
      durationNs: lines.map(({ start, end }) => end - start),
      kind: lines.map(({ kind }) => kind ?? INTERNAL),
      status: lines.map(({ failed }) => (failed ? 2 : 0)),
      hint: lines.map(({ hint }) => hints.indexOf(hint ?? '')),
    },
    events: { row: [], timeNs: [], name: [], names: [] },
    logCount: 0,
    truncated: false,
    totalSpanCount: lines.length,
  };
}

export function traceModelOf(trace: TraceResponse): TraceModel {
  return buildTraceModel(traceFrames(trace));
}
