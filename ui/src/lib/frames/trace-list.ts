/** The answer of a search for traces as frames: counts over time, points, and the list. */
import type { SpanGroup, SpanHeatmapResponse, TraceHistogramResponse, TraceSummary } from '#api/types.ts';
import { formatDuration } from '../format.ts';
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

/** Spans by start and duration: a field for each step of durations, named by where it ends. */
export function spanHeatmapFrame({ grid, lines }: SpanHeatmapResponse): Frame {
  return frameOfLines(
    'spans by duration',
    grid,
    lines.map(({ upperNs, counts }) => ({ name: formatDuration(upperNs), unit: '1', isCount: true, values: counts })),
  );
}

/** A group of spans per row. */
export function spanGroupFrame(groups: readonly SpanGroup[]): Frame {
  return frameOfRows('groups of spans', groups, {
    value: { text: ({ value }) => value },
    count: { count: ({ count }) => count },
    errors: { number: ({ count, errorCount }) => errorCount / count, unit: '1' },
    p50: { number: ({ p50Ns }) => p50Ns, unit: 'ns' },
    p95: { number: ({ p95Ns }) => p95Ns, unit: 'ns' },
    p99: { number: ({ p99Ns }) => p99Ns, unit: 'ns' },
  });
}
