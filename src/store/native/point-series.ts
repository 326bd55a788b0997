import type { PointChunk } from '#pdata';
import { combine, hash, hashAttributes, hashRange } from './series-hash.ts';

const SEED_NAME = 0x5161_0002;
const SEED_UNIT = 0x5161_0003;
const SEED_SCOPE = 0x5161_0004;

const kinds = new Uint8Array(3);

/**
 * The series ids of the selected rows of a chunk, low and high word per row of the chunk. A series is: name, type, unit, temporality and
 * monotonicity of the metric, attributes of the resource, scope (name, version and attributes), attributes of the point.
 */
export function seriesIdsOf(chunk: PointChunk): Uint32Array {
  const words = new Uint32Array(chunk.rowCount * 2);
  const metricWords = metricHashes(chunk);
  const { table } = chunk.rowAttributes;
  const { arena, rows } = chunk;
  const { metric } = chunk.columns;
  for (let i = 0; i < chunk.count; i++) {
    const row = rows === undefined ? i : rows[i]!;
    hashAttributes(arena, table, row);
    const word = metric[row]! * 2;
    combine(metricWords[word]!, metricWords[word + 1]!, hash.low, hash.high);
    words[row * 2] = hash.low;
    words[row * 2 + 1] = hash.high;
  }
  return words;
}

/** Per metric of the chunk: the hash of everything but the points' attributes. */
function metricHashes(chunk: PointChunk): Uint32Array {
  const { metrics, arena } = chunk;
  const scopeWords = scopeHashes(chunk);
  const count = metrics.scope.length;
  const words = new Uint32Array(count * 2);
  for (let metric = 0; metric < count; metric++) {
    const word = metrics.scope[metric]! * 2;
    hashRange(arena, metrics.nameAt[metric]!, metrics.nameLength[metric]!, SEED_NAME);
    combine(scopeWords[word]!, scopeWords[word + 1]!, hash.low, hash.high);
    const { low, high } = hash;
    hashRange(arena, metrics.unitAt[metric]!, metrics.unitLength[metric]!, SEED_UNIT);
    combine(low, high, hash.low, hash.high);
    const next = { low: hash.low, high: hash.high };
    kinds[0] = metrics.type[metric]!;
    kinds[1] = metrics.temporality[metric]!;
    kinds[2] = metrics.monotonic[metric]!;
    hashRange(kinds, 0, 3, 0);
    combine(next.low, next.high, hash.low, hash.high);
    words[metric * 2] = hash.low;
    words[metric * 2 + 1] = hash.high;
  }
  return words;
}

function scopeHashes(chunk: PointChunk): Uint32Array {
  const words = new Uint32Array(chunk.scopeCount * 2);
  const encoder = new TextEncoder();
  for (let scope = 0; scope < chunk.scopeCount; scope++) {
    const name = encoder.encode(`${chunk.scopeName(scope)}\0${chunk.scopeVersion(scope)}`);
    hashRange(name, 0, name.length, SEED_SCOPE);
    const { low, high } = hash;
    hashAttributes(chunk.arena, chunk.scopeAttributes.table, scope);
    combine(low, high, hash.low, hash.high);
    const next = { low: hash.low, high: hash.high };
    hashAttributes(chunk.arena, chunk.resourceAttributes.table, chunk.layout.scopeResource[scope]!);
    combine(next.low, next.high, hash.low, hash.high);
    words[scope * 2] = hash.low;
    words[scope * 2 + 1] = hash.high;
  }
  return words;
}
