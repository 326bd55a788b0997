import { MAX_WHOLE_SPANS, type ReadSpans } from '#query';

/** An answer holds so much and no more; Jaeger's form of it has a place to say so. */
export function missingWarning({ spans, foundCount }: ReadSpans): string | undefined {
  if (spans.length >= foundCount) return undefined;
  const found = foundCount === MAX_WHOLE_SPANS ? `${foundCount} or more` : String(foundCount);
  return `the spans are too many or too large for one answer: the first ${spans.length} of ${found} are here`;
}
