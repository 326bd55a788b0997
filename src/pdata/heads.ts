/** Where the parts of a message lie that are not its items: written back verbatim. Ranges include the fields' tags. */
export interface HeadRanges {
  /** Per owner, `from[owner] .. to[owner]` in `start` and `end`. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

/** The same ranges in arrays of their own. */
export function ownHeads({ from, to, start, end }: HeadRanges): HeadRanges {
  return { from: from.slice(), to: to.slice(), start: start.slice(), end: end.slice() };
}

/** Gives `owner` one range in place of those that it had. Changes `head`, which must be the caller's own. */
export function withRange(head: HeadRanges, owner: number, start: number, end: number): HeadRanges {
  let range = head.from[owner]!;
  let result = head;
  if (range === head.to[owner]) {
    range = head.start.length;
    result = { ...head, start: longer(head.start), end: longer(head.end) };
  }
  result.start[range] = start;
  result.end[range] = end;
  result.from[owner] = range;
  result.to[owner] = range + 1;
  return result;
}

function longer(array: Uint32Array): Uint32Array {
  const copy = new Uint32Array(array.length + 1);
  copy.set(array);
  return copy;
}
