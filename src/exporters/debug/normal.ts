import {
  type Batch,
  type Chunk,
  type LogChunk,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUMMARY,
  type PointChunk,
  readExponentialBuckets,
  readHistogramBuckets,
  readSummaryQuantiles,
  type SpanChunk,
} from '#pdata';
import { numberText } from './points.ts';
import { attributeWords, idText, plainValue, schemaUrl } from './values.ts';
import { walk } from './walk.ts';

const GROUP_NAMES = { traces: 'Traces', metrics: 'Metrics', logs: 'Log' } as const;

/** One line per item. */
export function normalText(batch: Batch): string {
  const lines: string[] = [];
  const name = GROUP_NAMES[batch.signal];
  const line = (words: readonly string[]): void => {
    lines.push(words.filter((word) => word !== '').join(' '));
  };
  walk(batch.chunks, {
    resource(chunk, resource, number) {
      const attributes = attributeWords(chunk.resourceAttributes.table, chunk.arena, resource);
      line([
        `Resource${name} #${number}`,
        inBrackets(schemaUrl(chunk, chunk.layout.resourceHead, resource)),
        ...attributes,
      ]);
    },
    scope(chunk, scope, number) {
      const version = chunk.scopeVersion(scope);
      const scopeText = `${chunk.scopeName(scope)}${version === '' ? '' : `@${version}`}`;
      const attributes = attributeWords(chunk.scopeAttributes.table, chunk.arena, scope);
      const url = inBrackets(schemaUrl(chunk, chunk.layout.scopeHead, scope));
      line([`Scope${name} #${number}`, scopeText, url, ...attributes]);
    },
    item(chunk, row) {
      lines.push(itemWords(chunk, row).join(' '));
    },
  });
  return lines.join('\n');
}

function inBrackets(url: string): string {
  return url === '' ? '' : `[${url}]`;
}

function itemWords(chunk: Chunk, row: number): string[] {
  switch (chunk.signal) {
    case 'traces':
      return spanWords(chunk as SpanChunk, row);
    case 'logs':
      return logWords(chunk as LogChunk, row);
    case 'metrics':
      return pointWords(chunk as PointChunk, row);
  }
}

function spanWords(chunk: SpanChunk, row: number): string[] {
  const span = chunk.view();
  span.row = row;
  const attributes = attributeWords(chunk.rowAttributes.table, chunk.arena, row);
  return [span.name, idText(span.traceId), idText(span.spanId), ...attributes];
}

function logWords(chunk: LogChunk, row: number): string[] {
  const { bodyType, bodyAt, bodyLength } = chunk.columns;
  const body = plainValue(chunk.arena, bodyType[row]!, bodyAt[row]!, bodyLength[row]!);
  return [body, attributeWords(chunk.rowAttributes.table, chunk.arena, row).join(' ')];
}

function pointWords(chunk: PointChunk, row: number): string[] {
  const metric = chunk.columns.metric[row]!;
  const attributes = attributeWords(chunk.attributesOf(row).table, chunk.arena, row);
  const name = chunk.metricName(metric);
  return [`${name}{${attributes.join(',')}}`, ...valueWords(chunk, row, chunk.metrics.type[metric]!)];
}

function valueWords(chunk: PointChunk, row: number, type: number): string[] {
  if (type !== METRIC_HISTOGRAM && type !== METRIC_EXPONENTIAL_HISTOGRAM && type !== METRIC_SUMMARY) {
    return [numberText(chunk, row)];
  }
  const { pointCount, sum, min, max } = chunk.columns;
  const words = [`count=${pointCount[row]}`];
  if (!Number.isNaN(sum[row]!)) words.push(`sum=${sum[row]}`);
  if (!Number.isNaN(min[row]!)) words.push(`min=${min[row]}`);
  if (!Number.isNaN(max[row]!)) words.push(`max=${max[row]}`);
  if (type === METRIC_HISTOGRAM) {
    const { bounds, counts } = readHistogramBuckets(chunk, row);
    words.push(...Array.from(counts, (count, i) => `${i < bounds.length ? `le${bounds[i]}=` : ''}${count}`));
  } else if (type === METRIC_EXPONENTIAL_HISTOGRAM) {
    words.push(...exponentialWords(chunk, row));
  } else if (type === METRIC_SUMMARY) {
    const { quantiles, values } = readSummaryQuantiles(chunk, row);
    words.push(...Array.from(quantiles, (quantile, i) => `q${quantile}=${values[i]}`));
  }
  return words;
}

/** The upper bounds of the buckets with their counts, as they are passed on the way from the lowest. */
function exponentialWords(chunk: PointChunk, row: number): string[] {
  const { scale, zeroCount, positive, negative } = readExponentialBuckets(chunk, row);
  const factor = 2 ** -scale;
  const words: string[] = [];
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    words.push(`le${-(2 ** ((negative.offset + i) * factor))}=${negative.counts[i]}`);
  }
  if (zeroCount > 0n) words.push(`zero=${zeroCount}`);
  for (let i = 0; i < positive.counts.length; i++) {
    words.push(`le${2 ** ((positive.offset + i + 1) * factor)}=${positive.counts[i]}`);
  }
  return words;
}
