/** How spans of a trace stand to each other. Sets of spans are places in the order of the tree, ascending. */
import type { StructuralOperator } from '#lang/traceql';
import type { TraceSpans } from './trace-spans.ts';

export type Places = readonly number[];

/**
 * The spans of the right side that stand so to one of the left side; with `!` those that stand so to none; with `&` also those of the left side
 * by which they do. In one pass over the trace, whatever the sets.
 */
export function related(trace: TraceSpans, left: Places, operator: StructuralOperator, right: Places): Places {
  const isDenied = operator.startsWith('!');
  const relation = operator.replace(/^[!&]/, '');
  const found = standingTo(trace, left, relation, right);
  if (isDenied) {
    const those = new Set(found);
    return right.filter((place) => !those.has(place));
  }
  if (!operator.startsWith('&') || found.length === 0) return found;
  return union(standingTo(trace, right, CONVERSES[relation]!, left), found);
}

const CONVERSES: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>>': '<<', '<<': '>>', '~': '~' };

function standingTo(trace: TraceSpans, left: Places, relation: string, right: Places): Places {
  if (left.length === 0 || right.length === 0) return [];
  const { parents, ends } = trace;
  switch (relation) {
    case '>': {
      const isLeft = marked(trace, left);
      return right.filter((place) => parents[place]! >= 0 && isLeft[parents[place]!] === 1);
    }
    case '<': {
      const isParent = new Uint8Array(trace.spanCount);
      for (const place of left) if (parents[place]! >= 0) isParent[parents[place]!] = 1;
      return right.filter((place) => isParent[place] === 1);
    }
    case '>>': {
      const isBelow = new Uint8Array(trace.spanCount);
      // What lies below a span follows it; what was marked by one above need not be marked again.
      let until = 0;
      for (const place of left) {
        for (let below = Math.max(place + 1, until); below < ends[place]!; below++) isBelow[below] = 1;
        until = Math.max(until, ends[place]!);
      }
      return right.filter((place) => isBelow[place] === 1);
    }
    case '<<': {
      const before = countsBefore(trace, left);
      return right.filter((place) => before[ends[place]!]! > before[place + 1]!);
    }
    default: {
      const counts = new Int32Array(trace.spanCount);
      for (const place of left) if (parents[place]! >= 0) counts[parents[place]!]! += 1;
      const isLeft = marked(trace, left);
      return right.filter((place) => parents[place]! >= 0 && counts[parents[place]!]! > isLeft[place]!);
    }
  }
}

function marked(trace: TraceSpans, places: Places): Uint8Array {
  const marks = new Uint8Array(trace.spanCount);
  for (const place of places) marks[place] = 1;
  return marks;
}

/** How many of them stand before each place. */
function countsBefore(trace: TraceSpans, places: Places): Int32Array {
  const counts = new Int32Array(trace.spanCount + 1);
  for (const place of places) counts[place + 1] = 1;
  for (let place = 1; place < counts.length; place++) counts[place]! += counts[place - 1]!;
  return counts;
}

/** Both, each span once. */
export function union(a: Places, b: Places): Places {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const isFirst = j === b.length || (i < a.length && a[i]! <= b[j]!);
    const place = isFirst ? a[i]! : b[j]!;
    both.push(place);
    if (i < a.length && a[i] === place) i++;
    if (j < b.length && b[j] === place) j++;
  }
  return both;
}

/** All of them, each span once; there may be as many sets as spans. */
export function unionOf(sets: readonly Places[]): Places {
  if (sets.length < 3) return union(sets[0] ?? [], sets[1] ?? []);
  return [...new Set(sets.flat())].sort((a, b) => a - b);
}
