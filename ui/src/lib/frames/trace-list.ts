/** The answer of a search for traces as frames: counts over time, points, and the list. */
import type { TraceHistogramResponse, TraceSummary } from '#api/types.ts';
import { type Frame, frameOfLines, frameOfRows } from '../frame.ts';

/** Matching traces over time by status. */
export function traceCountFrame({ grid, okCounts, errorCounts }: TraceHistogramResponse): Frame {
  return frameOfLines('traces by status', grid, [
    { name: 'Failed', unit: '1', isCount: true, values: errorCounts, tone: 'error' },
    { name: 'Ok', unit: '1', isCount: true, values: okCounts, tone: 'calm' },
  ]);
}

/** A trace per row, as points and as a list. */
export function traceListFrame(traces: readonly TraceSummary[]): Frame {
  return frameOfRows('traces', traces, {
    key: { text: ({ traceId }) => traceId },
    time: { time: ({ startMs }) => startMs },
    service: { text: ({ rootService }) => rootService },
    root: { text: ({ rootOperation }) => rootOperation },
    duration: { number: ({ durationNs }) => durationNs, unit: 'ns' },
    spans: { count: ({ spanCount }) => spanCount },
    errors: { count: ({ errorCount }) => errorCount },
    services: { count: ({ serviceCount }) => serviceCount },
  });
}
