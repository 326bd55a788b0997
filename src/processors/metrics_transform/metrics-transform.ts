import type { Consumer, CreateSettings, Processor } from '#component';
import { failureLog } from '#ottl';
import { ArenaWriter, assertSignal, attributeKey, type Batch, type Chunk, type PointChunk } from '#pdata';
import {
  POINTS_FIELD,
  type ResourceParts,
  regrouped,
  resourceParts,
  type ScopeParts,
  scopeParts,
  writeItemOf,
  writeMetricParts,
} from '#wire';
import type { MetricsTransformConfig } from './config.ts';
import { Metric } from './metric.ts';
import type { Counts } from './operations.ts';
import { type ScopeMetrics, Transform } from './transform.ts';

/** The metrics of a scope of a chunk. */
interface Scope extends ScopeMetrics {
  readonly chunk: PointChunk;
  readonly index: number;
}

/** Changes metrics and the attributes of their points (otelcol-contrib processor/metricstransformprocessor). */
export class MetricsTransformProcessor implements Processor {
  readonly mutatesData = true;
  readonly #settings: CreateSettings;
  readonly #next: Consumer;
  readonly #transforms: readonly Transform[];

  constructor(settings: CreateSettings, { transforms }: MetricsTransformConfig, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    const onFailure = failureLog(settings.logger, settings.clock, 'metrics were left as they are');
    this.#transforms = transforms.map((config) => new Transform(config, settings.version, onFailure));
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const counts: Counts = { deleted: 0, merged: 0, copied: 0 };
    const scopes = batch.chunks.flatMap((chunk) => {
      assertSignal(chunk, 'metrics');
      return scopesOf(chunk as PointChunk);
    });
    for (const scope of scopes) for (const transform of this.#transforms) transform.run(scope, counts);
    const result = resultOf(batch, scopes);
    if (result.itemCount > 0) await this.#next.consume(result, abort);
    const { account } = this.#settings;
    account.added('metrics', counts.copied, 'copied');
    account.filtered('metrics', counts.deleted, 'unwanted');
    account.filtered('metrics', counts.merged, 'aggregated');
  }

  async shutdown(): Promise<void> {}
}

function scopesOf(chunk: PointChunk): Scope[] {
  const scopes: Scope[] = [];
  let index = 0;
  while (index < chunk.count) {
    const scope: Scope = {
      chunk,
      index: chunk.scopeOf(chunk.rowAt(index)),
      metrics: [],
      groups: [],
      isRearranged: false,
    };
    scopes.push(scope);
    while (index < chunk.count && chunk.scopeOf(chunk.rowAt(index)) === scope.index) {
      const metric = chunk.columns.metric[chunk.rowAt(index)]!;
      const rows: number[] = [];
      for (; index < chunk.count && chunk.columns.metric[chunk.rowAt(index)] === metric; index++) {
        rows.push(chunk.rowAt(index));
      }
      scope.metrics.push(new Metric(chunk, metric, rows));
    }
  }
  return scopes;
}

function resultOf(batch: Batch, scopes: readonly Scope[]): Batch {
  if (scopes.some(({ isRearranged }) => isRearranged)) return regrouped(batch, rearranged(scopes));
  const left = new Map<Chunk, number[]>(batch.chunks.map((chunk) => [chunk, []]));
  for (const { chunk, metrics } of scopes) {
    const view = chunk.metricView();
    for (const metric of metrics) {
      for (const row of metric.rows) left.get(chunk)!.push(row);
      if (!metric.isRenamed) continue;
      view.index = metric.index;
      view.name = metric.name;
    }
  }
  return batch.with(
    batch.chunks.map((chunk) => {
      const rows = left.get(chunk)!;
      return rows.length === chunk.count ? chunk : chunk.select(Uint32Array.from(rows));
    }),
  );
}

/** The resources as they are, and behind them those of groups. */
function rearranged(scopes: readonly Scope[]): ResourceParts[] {
  const resources = new Map<string, { readonly parts: ResourceParts; readonly scopes: ScopeParts[] }>();
  const groups: ResourceParts[] = [];
  const chunks = [...new Set(scopes.map(({ chunk }) => chunk))];
  for (const scope of scopes) {
    const { chunk, index } = scope;
    const resource = chunk.layout.scopeResource[index]!;
    if (scope.metrics.length > 0) {
      const key = `${chunks.indexOf(chunk)} ${resource}`;
      let entry = resources.get(key);
      if (entry === undefined) {
        const own: ScopeParts[] = [];
        entry = { parts: { ...resourceParts(chunk, resource), scopes: own }, scopes: own };
        resources.set(key, entry);
      }
      entry.scopes.push(scopeOf(scope, scope.metrics));
    }
    for (const { labels, metrics } of scope.groups) {
      groups.push({ ...labelledResource(chunk, resource, labels), scopes: [scopeOf(scope, metrics)] });
    }
  }
  return [...Array.from(resources.values(), ({ parts }) => parts), ...groups];
}

function scopeOf({ chunk, index }: Scope, metrics: readonly Metric[]): ScopeParts {
  const writeItems = (out: ArenaWriter): void => {
    for (const metric of metrics) {
      writeMetricParts(out, metric.parts, () => {
        for (const row of metric.rows) writeItemOf(out, metric.chunk, row, POINTS_FIELD);
      });
    }
  };
  return { ...scopeParts(chunk, index), writeItems };
}

/** The resource with more attributes, which go before its own. */
function labelledResource(
  chunk: PointChunk,
  resource: number,
  labels: ReadonlyMap<string, string>,
): Pick<ResourceParts, 'message' | 'beside'> {
  const { message, beside } = resourceParts(chunk, resource);
  const out = new ArenaWriter(256);
  out.fields(message, 0, message.length, 1 << RESOURCE_ATTRIBUTES);
  const { table } = chunk.resourceAttributes;
  const keys = Array.from(labels.keys(), attributeKey);
  const replaced = keys.map((key) => table.find(chunk.arena, resource, key));
  for (let row = table.from[resource]!; row < table.to[resource]!; row++) {
    if (!replaced.includes(row)) out.placedAttribute(RESOURCE_ATTRIBUTES, chunk.arena, table, row);
  }
  for (const [name, value] of labels) out.attribute(RESOURCE_ATTRIBUTES, name, value);
  return { message: out.finish(), beside };
}

/** The field of Resource. */
const RESOURCE_ATTRIBUTES = 1;
