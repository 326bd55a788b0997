import { type PointView, valueText } from '#pdata';
import type { ExposedExemplar, ExposedLabel } from '#wire';

/** What OpenMetrics allows the labels of an exemplar to be long. */
const LETTERS_MAX = 128;

/** Trace and span, and the attributes that the view left out, where they are short enough. */
export function exemplarsOf({ exemplars: list }: PointView): ExposedExemplar[] {
  const found: ExposedExemplar[] = [];
  for (let i = 0; i < list.count; i++) {
    const exemplar = list.at(i);
    const { traceId, spanId, timeNs } = exemplar;
    const labels: ExposedLabel[] = [];
    if (traceId !== '') labels.push(['trace_id', traceId]);
    if (spanId !== '') labels.push(['span_id', spanId]);
    const others: ExposedLabel[] = [];
    for (const [key, value] of exemplar.attributes.entries()) others.push([key, valueText(value)]);
    const letters = [...labels, ...others].reduce(
      (sum, [name, value]) => sum + [...name].length + [...value].length,
      0,
    );
    if (letters <= LETTERS_MAX) labels.push(...others);
    found.push({ labels, value: Number(exemplar.value ?? 0), timeNs });
  }
  return found;
}
