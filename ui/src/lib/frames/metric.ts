/** The answer about a metric as frames: its lines, its exemplars, or its buckets as a heatmap. */
import type { MetricQueryResponse } from '#api/types.ts';
import { visibleText } from '../foreign-text.ts';
import { tickText, unitFormat } from '../format.ts';
import { type Frame, frameOfLines, frameOfRows } from '../frame.ts';
import { seriesLabel } from '../metrics.ts';
import type { Tone } from '../tone.ts';

/** A line per series. Where producers disagree on what the metric is, lines say it. */
export function metricFrame({ metric, aggregation, grid, series }: MetricQueryResponse): Frame {
  const kinds = new Set(series.map(({ type, unit }) => `${type} ${unit}`));
  return frameOfLines(
    `${metric.name} ${aggregation}`,
    grid,
    series.map(({ labels, values, type, unit }, i) => ({
      name: visibleText(seriesLabel(labels, metric.name) + (kinds.size > 1 ? ` (${kindText(type, unit)})` : '')),
      unit,
      labels,
      values,
      tone: series.length === 1 ? 'accent' : toneOf(labels, i),
    })),
  );
}

function kindText(type: string, unit: string): string {
  const words = type.replaceAll('_', ' ');
  return unit === '' ? words : `${words}, ${unit}`;
}

/** Split by service alone, the lines have the hues that the services have everywhere. */
function toneOf(labels: Readonly<Record<string, string>>, index: number): Tone {
  const keys = Object.keys(labels);
  const service = keys.length === 1 && keys[0] === 'service.name' ? labels['service.name'] : undefined;
  return service ? { service } : { series: index };
}

/** `key` is `traceId/spanId`. */
export function exemplarFrame({ metric, exemplars }: MetricQueryResponse): Frame {
  return frameOfRows(`${metric.name} exemplars`, exemplars, {
    time: { time: ({ timeMs }) => timeMs },
    value: { number: ({ value }) => value, unit: metric.unit },
    key: { text: ({ traceId, spanId }) => `${traceId}/${spanId}` },
  });
}

/** A field per bucket of values, smallest first, named by its upper end. The server labels each series with that, `le`, in the metric's unit. */
export function heatmapFrame({ metric, grid, series }: MetricQueryResponse): Frame {
  const { format } = unitFormat(metric.unit);
  return frameOfLines(
    `${metric.name} heatmap`,
    grid,
    series.map(({ labels, values }) => ({
      name: labels.le === '+Inf' ? '∞' : tickText(format(Number(labels.le))),
      unit: '1',
      values,
    })),
  );
}
