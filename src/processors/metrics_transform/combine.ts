import { fail } from '#ottl';
import { type ArenaWriter, attributeKey, METRIC_SUMMARY } from '#pdata';
import { decodeMetrics, POINTS_FIELD, requestOf, writeItemOf, writeMetricParts } from '#wire';
import type { TransformConfig } from './config.ts';
import type { Match } from './match.ts';
import { Metric } from './metric.ts';

/** Throws an EvaluationError where these can't be one metric. */
export function checkCombined(metrics: readonly Metric[]): void {
  for (const { type, name } of metrics) if (type === METRIC_SUMMARY) fail(`summaries can't be combined: ${name}`);
  const [first, ...rest] = metrics;
  const keys = keysOf(first!);
  for (const metric of rest) {
    const differences: Readonly<Record<string, boolean>> = {
      type: metric.type !== first!.type,
      unit: metric.unit !== first!.unit,
      attributes: !areEqual(keysOf(metric), keys),
      'aggregation temporality': metric.temporality !== first!.temporality,
      monotonicity: metric.isMonotonic !== first!.isMonotonic,
    };
    const [what] = Object.entries(differences).find(([, differs]) => differs) ?? [];
    if (what !== undefined) fail(`metrics of different ${what} can't be combined: ${first!.name} and ${metric.name}`);
  }
}

/** All attributes that some point has. */
function keysOf({ chunk, rows }: Metric): ReadonlySet<string> {
  return new Set(rows.flatMap((row) => Array.from(chunk.rowAttributes.of(row).entries(), ([key]) => key)));
}

function areEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key));
}

/** One metric with the points of all, which get what groups of the pattern matched in the names as attributes. */
export function combined(metrics: readonly Metric[], match: Match, { newName, submatchCase }: TransformConfig): Metric {
  for (const metric of metrics) {
    for (const [name, value] of match.labelsOf(metric)) {
      const { chunk, rows } = metric;
      const key = attributeKey(name);
      const cased =
        submatchCase === 'lower' ? value.toLowerCase() : submatchCase === 'upper' ? value.toUpperCase() : value;
      const prepared = chunk.appendValue(cased);
      for (const row of rows) chunk.rowAttributes.of(row).setPrepared(key, prepared);
    }
  }
  const first = metrics[0]!;
  if (metrics.every(({ chunk }) => chunk === first.chunk)) {
    const rows = metrics.flatMap((metric) => metric.rows);
    return new Metric(first.chunk, first.index, rows, newName);
  }
  return new Metric(...inOneChunk(metrics), newName);
}

/** Metrics that earlier transforms made lie in chunks of their own. */
function inOneChunk(metrics: readonly Metric[]): [Metric['chunk'], number, number[]] {
  const none = new Uint8Array(0);
  const writeItems = (out: ArenaWriter): void =>
    writeMetricParts(out, metrics[0]!.parts, () => {
      for (const { chunk, rows } of metrics) for (const row of rows) writeItemOf(out, chunk, row, POINTS_FIELD);
    });
  const scope = { message: none, beside: none, writeItems };
  const { chunk } = decodeMetrics(requestOf([{ message: none, beside: none, scopes: [scope] }]));
  return [chunk, 0, Array.from({ length: chunk.count }, (_, row) => row)];
}
