import {
  ArenaWriter,
  Batch,
  type Chunk,
  type HeadRanges,
  isMarked,
  leasesOf,
  METRIC,
  METRIC_DATA,
  METRIC_EMPTY,
  type PointChunk,
} from '#pdata';
import { decodeOtlp } from '../otlp/decode.ts';
import { writeItem } from '../otlp/encode-items.ts';

/**
 * Requests that are put together anew of parts of chunks, for components that move items to other resources, scopes or metrics, or keep a few
 * of many. Parts are bytes: they outlive the chunk that they come from.
 */

/** A resource or scope: its message, and the fields beside it, such as the schema URL. */
export interface GroupParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
}

export interface ScopeParts extends GroupParts {
  /** Writes all items of the scope, each in field 2. */
  writeItems(out: ArenaWriter): void;
}

export interface ResourceParts extends GroupParts {
  readonly scopes: readonly ScopeParts[];
}

/** A metric without its points. */
export interface MetricParts {
  /** METRIC_*. */
  readonly type: number;
  readonly head: Uint8Array;
  readonly dataHead: Uint8Array;
}

const scratch = new ArenaWriter(1024);

export function resourceParts(chunk: Chunk, resource: number): GroupParts {
  return { message: resourceMessage(chunk, resource), beside: headOf(chunk, chunk.layout.resourceHead, resource) };
}

function resourceMessage(chunk: Chunk, resource: number): Uint8Array {
  const { resourceStart, resourceEnd } = chunk.layout;
  const table = isMarked(chunk.modifiedResources, resource) ? chunk.resourceAttributes.table : undefined;
  scratch.reset();
  scratch.fields(chunk.arena, resourceStart[resource]!, resourceEnd[resource]!, table === undefined ? 0 : 1 << 1);
  if (table !== undefined) scratch.placedAttributes(1, chunk.arena, table, resource);
  return scratch.finish();
}

export function scopeParts(chunk: Chunk, scope: number): GroupParts {
  const { scopeStart, scopeEnd, scopeHead } = chunk.layout;
  const table = isMarked(chunk.modifiedScopes, scope) ? chunk.scopeAttributes.table : undefined;
  scratch.reset();
  scratch.fields(chunk.arena, scopeStart[scope]!, scopeEnd[scope]!, table === undefined ? 0 : 1 << 3);
  if (table !== undefined) scratch.placedAttributes(3, chunk.arena, table, scope);
  return { message: scratch.finish(), beside: headOf(chunk, scopeHead, scope) };
}

export function metricParts(chunk: PointChunk, metric: number): MetricParts {
  const { type, head, dataHead } = chunk.metrics;
  return { type: type[metric]!, head: headOf(chunk, head, metric), dataHead: headOf(chunk, dataHead, metric) };
}

/** What a metric is called, and the rest of what `parts` says. */
export function renamedMetric(
  parts: MetricParts,
  { name, description, unit }: { readonly name: string; readonly description: string; readonly unit: string },
): MetricParts {
  scratch.reset();
  scratch.textField(METRIC.name, name);
  scratch.textField(METRIC.description, description);
  scratch.textField(METRIC.unit, unit);
  const mask = (1 << METRIC.name) | (1 << METRIC.description) | (1 << METRIC.unit);
  scratch.fields(parts.head, 0, parts.head.length, mask);
  return { ...parts, head: scratch.finish() };
}

function headOf({ arena }: Chunk, head: HeadRanges, owner: number): Uint8Array {
  scratch.reset();
  for (let i = head.from[owner]!; i < head.to[owner]!; i++) scratch.range(arena, head.start[i]!, head.end[i]!);
  return scratch.finish();
}

/** The item's message as it is now, without tag and length. */
export function itemBytes(chunk: Chunk, row: number): Uint8Array {
  scratch.reset();
  writeItem(scratch, chunk, row);
  return scratch.finish();
}

/** A metric in field 2; `writePoints` writes its points, each in METRIC_DATA.points. */
export function writeMetricParts(out: ArenaWriter, parts: MetricParts, writePoints: () => void): void {
  const mark = out.begin(2);
  out.raw(parts.head);
  if (parts.type !== METRIC_EMPTY) {
    const data = out.begin(parts.type);
    writePoints();
    out.raw(parts.dataHead);
    out.end(data);
  }
  out.end(mark);
}

/** An item in field `field`: 2 in a scope, METRIC_DATA.points in a metric. */
export function writeItemOf(out: ArenaWriter, chunk: Chunk, row: number, field: number): void {
  const mark = out.begin(field);
  writeItem(out, chunk, row);
  out.end(mark);
}

/** The field of points in the data of a metric. */
export const POINTS_FIELD: number = METRIC_DATA.points;

/** An Export…ServiceRequest. */
export function requestOf(resources: readonly ResourceParts[]): Uint8Array {
  const out = new ArenaWriter(65_536);
  for (const { message, beside, scopes } of resources) {
    const resource = out.begin(1);
    out.bytesField(1, message);
    for (const scope of scopes) {
      const mark = out.begin(2);
      out.bytesField(1, scope.message);
      scope.writeItems(out);
      out.raw(scope.beside);
      out.end(mark);
    }
    out.raw(beside);
    out.end(resource);
  }
  return out.finish();
}

/** The batch with this request in place of its items, which are all in it: what knows of them knows of these. */
export function regrouped(batch: Batch, resources: readonly ResourceParts[]): Batch {
  const { chunk } = decodeOtlp(batch.signal, requestOf(resources));
  chunk.leases = leasesOf(batch.chunks);
  return new Batch(batch.signal, [chunk], batch.context);
}
