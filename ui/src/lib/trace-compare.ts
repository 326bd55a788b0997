/** Two traces side by side: spans of the same service and operation below the same parent are one row, the nth with the nth. */
import { enumText } from './frame.ts';
import type { TraceModel } from './trace-model.ts';

/** A row of both traces, or of one. */
export interface ComparedSpan {
  /** Rows of the traces; -1 where one has no such span. */
  readonly a: number;
  readonly b: number;
  readonly depth: number;
}

export interface Comparison {
  /** Parents before children; below one parent in the order of their starts. */
  readonly rows: readonly ComparedSpan[];
  readonly onlyA: number;
  readonly onlyB: number;
}

/** Linear in the number of spans but for sorting siblings; without recursion. */
export function compareTraces(a: TraceModel, b: TraceModel): Comparison {
  const rows: ComparedSpan[] = [];
  let [onlyA, onlyB] = [0, 0];
  // What is next stands last.
  const stack: ComparedSpan[] = pairs(a, a.firstRoot, b, b.firstRoot, 0).reverse();
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row);
    if (row.b < 0) onlyA++;
    if (row.a < 0) onlyB++;
    const childOfA = row.a < 0 ? -1 : a.firstChild[row.a]!;
    const childOfB = row.b < 0 ? -1 : b.firstChild[row.b]!;
    stack.push(...pairs(a, childOfA, b, childOfB, row.depth + 1).reverse());
  }
  return { rows, onlyA, onlyB };
}

/** Siblings of both sides, which begin at these rows. */
function pairs(a: TraceModel, firstOfA: number, b: TraceModel, firstOfB: number, depth: number): ComparedSpan[] {
  const waiting = new Map<string, number[]>();
  const siblings = chain(b, firstOfB);
  for (const row of siblings) {
    const key = keyOf(b, row);
    const known = waiting.get(key);
    if (known === undefined) waiting.set(key, [row]);
    else known.push(row);
  }
  const taken = new Map<string, number>();
  const found: (ComparedSpan & { readonly at: number })[] = [];
  const isPaired = new Set<number>();
  const startA = firstOfA < 0 ? 0 : parentStart(a, firstOfA);
  const startB = firstOfB < 0 ? 0 : parentStart(b, firstOfB);
  for (const row of chain(a, firstOfA)) {
    const key = keyOf(a, row);
    const nth = taken.get(key) ?? 0;
    const other = waiting.get(key)?.[nth] ?? -1;
    if (other >= 0) {
      taken.set(key, nth + 1);
      isPaired.add(other);
    }
    found.push({ a: row, b: other, depth, at: a.startNs[row]! - startA });
  }
  for (const row of siblings)
    if (!isPaired.has(row)) found.push({ a: -1, b: row, depth, at: b.startNs[row]! - startB });
  return found.sort((x, y) => x.at - y.at).map(({ a: ofA, b: ofB }) => ({ a: ofA, b: ofB, depth }));
}

function parentStart(model: TraceModel, row: number): number {
  const parent = model.parent[row]!;
  return parent < 0 ? 0 : model.startNs[parent]!;
}

function chain(model: TraceModel, first: number): readonly number[] {
  const rows: number[] = [];
  for (let row = first; row >= 0; row = model.nextSibling[row]!) rows.push(row);
  return rows;
}

function keyOf(model: TraceModel, row: number): string {
  return `${enumText(model.service, row)}\n${enumText(model.name, row)}`;
}

export function durationOf(model: TraceModel, row: number): number {
  return model.endNs[row]! - model.startNs[row]!;
}
