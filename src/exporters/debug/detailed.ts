import type { Batch, LogChunk, PointChunk, SpanChunk } from '#pdata';
import { logVisitor } from './detailed-logs.ts';
import { metricVisitor } from './detailed-metrics.ts';
import { spanVisitor } from './detailed-traces.ts';
import { walk } from './walk.ts';

/** Every field of every item, over many lines. */
export function detailedText(batch: Batch): string {
  const lines: string[] = [];
  switch (batch.signal) {
    case 'traces':
      walk(batch.chunks as SpanChunk[], spanVisitor(lines));
      break;
    case 'logs':
      walk(batch.chunks as LogChunk[], logVisitor(lines));
      break;
    case 'metrics':
      walk(batch.chunks as PointChunk[], metricVisitor(lines));
      break;
  }
  return lines.join('\n');
}
