/** How many log records there are over time, by level, as a frame. */
import type { LogHistogramResponse } from '#api/types.ts';
import { type Frame, frameOfLines, type NumberField } from '../frame.ts';
import { SEVERITIES } from '../search.ts';

/** The levels that occur, the gravest first. */
export function logCountFrame({ grid, groups }: LogHistogramResponse): Frame {
  const lines = SEVERITIES.flatMap((severity): Omit<NumberField, 'type'>[] => {
    const group = groups.find((candidate) => candidate.severity === severity);
    return group ? [{ name: severity, unit: '1', isCount: true, values: group.counts, tone: { severity } }] : [];
  });
  return frameOfLines('log records by level', grid, lines);
}
