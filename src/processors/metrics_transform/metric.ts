import { Batch, METRIC_SUM, type PointChunk, TEMPORALITY_DELTA } from '#pdata';
import { decodeMetrics, encodeOtlp, type MetricParts, metricParts, renamedMetric } from '#wire';

/** A metric on its way through the transforms: rows of a chunk, and what it is called by now. */
export class Metric {
  readonly chunk: PointChunk;
  /** Its number in the chunk. */
  readonly index: number;
  rows: readonly number[];
  name: string;

  constructor(chunk: PointChunk, index: number, rows: readonly number[], name: string = chunk.metricName(index)) {
    this.chunk = chunk;
    this.index = index;
    this.rows = rows;
    this.name = name;
  }

  get type(): number {
    return this.chunk.metrics.type[this.index]!;
  }

  get unit(): string {
    return this.chunk.metricUnit(this.index);
  }

  get temporality(): number {
    return this.chunk.metrics.temporality[this.index]!;
  }

  get isDelta(): boolean {
    return this.temporality === TEMPORALITY_DELTA;
  }

  get isMonotonic(): boolean {
    return this.type === METRIC_SUM && this.chunk.metrics.monotonic[this.index] === 1;
  }

  get isRenamed(): boolean {
    return this.name !== this.chunk.metricName(this.index);
  }

  get parts(): MetricParts {
    const parts = metricParts(this.chunk, this.index);
    if (!this.isRenamed) return parts;
    const { name, unit } = this;
    return renamedMetric(parts, { name, unit, description: this.chunk.metricDescription(this.index) });
  }

  /** These rows of it, to be changed apart from it. */
  copy(rows: readonly number[]): Metric {
    const selected = this.chunk.select(Uint32Array.from(rows));
    const { chunk } = decodeMetrics(encodeOtlp(new Batch('metrics', [selected])).slice());
    const all = Array.from({ length: chunk.count }, (_, row) => row);
    return new Metric(chunk, 0, all, this.name);
  }
}
