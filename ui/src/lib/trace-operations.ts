/** A trace by its operations: statistics of the spans that share a service and a name, and their calls as one merged tree. Linear in the spans. */
import { enumText } from './frame.ts';
import type { TraceModel } from './trace-model.ts';

/** Durations in ns. */
export interface OperationFacts {
  readonly key: string;
  readonly service: string;
  readonly name: string;
  readonly count: number;
  readonly errorCount: number;
  /** Time in which none of a span's children ran, of all spans. */
  readonly selfNs: number;
  readonly totalNs: number;
  readonly p50Ns: number;
  readonly maxNs: number;
  /** The longest span's row. */
  readonly longestRow: number;
}

/** A number per row: the place of its service and name among those of the trace. */
function operationOf(model: TraceModel, row: number): number {
  return model.service.indices[row]! * model.name.texts.length + model.name.indices[row]!;
}

/** The operations with the most time of their own first. */
export function traceOperations(model: TraceModel): readonly OperationFacts[] {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < model.count; row++) {
    const operation = operationOf(model, row);
    const rows = rowsOf.get(operation);
    if (rows === undefined) rowsOf.set(operation, [row]);
    else rows.push(row);
  }
  const facts = [...rowsOf.values()].map((rows): OperationFacts => {
    const first = rows[0]!;
    const durations = Float64Array.from(rows, (row) => model.endNs[row]! - model.startNs[row]!).sort();
    let [selfNs, totalNs, errorCount, longestRow] = [0, 0, 0, first];
    for (const row of rows) {
      const durationNs = model.endNs[row]! - model.startNs[row]!;
      selfNs += model.selfNs[row]!;
      totalNs += durationNs;
      errorCount += model.isError[row]!;
      if (durationNs > model.endNs[longestRow]! - model.startNs[longestRow]!) longestRow = row;
    }
    const [service, name] = [enumText(model.service, first), enumText(model.name, first)];
    return {
      key: `${service}\n${name}`,
      service,
      name,
      count: rows.length,
      errorCount,
      selfNs,
      totalNs,
      p50Ns: durations[Math.floor((durations.length - 1) / 2)]!,
      maxNs: durations.at(-1)!,
      longestRow,
    };
  });
  return facts.sort((a, b) => b.selfNs - a.selfNs);
}

/** Nodes of a merged tree as columns: parents before children. */
export interface FlameModel {
  readonly count: number;
  /** -1 of those at the top. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** Any row of the node: it says service and name. */
  readonly row: Int32Array;
  readonly spanCount: Int32Array;
  readonly errorCount: Int32Array;
  readonly selfNs: Float64Array;
  /** With all below. Children never have more than their parent, whatever ran beside each other. */
  readonly totalNs: Float64Array;
  /** Where it begins, in ns of the sum of all. */
  readonly leftNs: Float64Array;
  readonly maxDepth: number;
}

/** Spans whose calls led through the same operations are one node, as wide as the time of their own and of what they called. */
export function flameOf(model: TraceModel): FlameModel {
  const nodeOf = new Int32Array(model.count);
  const children: Map<number, number>[] = [];
  const top = new Map<number, number>();
  const [parents, rows]: [number[], number[]] = [[], []];
  const [spanCounts, errorCounts, selfs]: [number[], number[], number[]] = [[], [], []];
  for (const row of model.order) {
    const above = model.depth[row] === 0 ? -1 : nodeOf[model.parent[row]!]!;
    const siblings = above < 0 ? top : children[above]!;
    const operation = operationOf(model, row);
    let node = siblings.get(operation);
    if (node === undefined) {
      node = parents.length;
      siblings.set(operation, node);
      children.push(new Map());
      parents.push(above);
      rows.push(row);
      spanCounts.push(0);
      errorCounts.push(0);
      selfs.push(0);
    }
    nodeOf[row] = node;
    spanCounts[node]!++;
    errorCounts[node]! += model.isError[row]!;
    selfs[node]! += model.selfNs[row]!;
  }
  return placed(parents, rows, { spanCounts, errorCounts, selfs });
}

interface NodeSums {
  readonly spanCounts: readonly number[];
  readonly errorCounts: readonly number[];
  readonly selfs: readonly number[];
}

function placed(
  parents: readonly number[],
  rows: readonly number[],
  { spanCounts, errorCounts, selfs }: NodeSums,
): FlameModel {
  const count = parents.length;
  const parent = Int32Array.from(parents);
  const totalNs = Float64Array.from(selfs);
  for (let node = count - 1; node >= 0; node--) if (parent[node]! >= 0) totalNs[parent[node]!]! += totalNs[node]!;
  const depth = new Int32Array(count);
  const leftNs = new Float64Array(count);
  /** Up to where the children of a node are placed; the last is of those at the top. */
  const filled = new Float64Array(count + 1);
  // A node comes behind its parent; the order of siblings is that of their first spans.
  for (let node = 0; node < count; node++) {
    const above = parent[node]!;
    depth[node] = above < 0 ? 0 : depth[above]! + 1;
    const at = above < 0 ? count : above;
    leftNs[node] = (above < 0 ? 0 : leftNs[above]!) + filled[at]!;
    filled[at]! += totalNs[node]!;
  }
  return {
    count,
    parent,
    depth,
    row: Int32Array.from(rows),
    spanCount: Int32Array.from(spanCounts),
    errorCount: Int32Array.from(errorCounts),
    selfNs: Float64Array.from(selfs),
    totalNs,
    leftNs,
    maxDepth: depth.reduce((most, one) => Math.max(most, one), 0),
  };
}
