import { goNumber } from '#base';
import { type Bucket, type FloatHistogram, isCustom, upperBound, zeroBucket } from './histogram.ts';

/** `{count:3, sum:4.5, [-1,1]:1, (1,2]:2}`, as Prometheus prints a histogram; brackets say which bounds belong to a bucket. */
export function printHistogram(histogram: FloatHistogram): string {
  const { schema, customValues, positive, negative } = histogram;
  const parts = [`count:${goNumber(histogram.count)}`, `sum:${goNumber(histogram.sum)}`];
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    const index = negative.indices[i]!;
    const bounds = { lower: -upperBound(index, schema, []), upper: -upperBound(index - 1, schema, []) };
    push(parts, { ...bounds, count: negative.counts[i]! });
  }
  if (!isCustom(histogram) && histogram.zeroCount !== 0) {
    const { lower, upper, count } = zeroBucket(histogram);
    parts.push(`[${goNumber(lower)},${goNumber(upper)}]:${goNumber(count)}`);
  }
  positive.counts.forEach((count, i) => {
    const index = positive.indices[i]!;
    const lower = upperBound(index - 1, schema, customValues);
    push(parts, { lower, upper: upperBound(index, schema, customValues), count });
  });
  return `{${parts.join(', ')}}`;
}

function push(parts: string[], { lower, upper, count }: Bucket): void {
  if (count === 0) return;
  const bounds = `${lower < 0 ? '[' : '('}${goNumber(lower)},${goNumber(upper)}${upper > 0 ? ']' : ')'}`;
  parts.push(`${bounds}:${goNumber(count)}`);
}
