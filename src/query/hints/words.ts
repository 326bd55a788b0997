/** Which of many words was meant by one that is none of them. */

/** Longer words are compared by their beginnings. */
const COMPARED_CHARS = 100;
/** Of three characters one may differ, of two none. */
const ALLOWED_SHARE = 1 / 3;

/** Those that differ least from `wanted`, or hold it, the nearest first; none where all are far. */
export function nearestWords(wanted: string, words: readonly string[], limit: number): readonly string[] {
  const needle = wanted.toLowerCase().slice(0, COMPARED_CHARS);
  if (needle === '') return [];
  const ranked = words.flatMap((word) => {
    const candidate = word.toLowerCase().slice(0, COMPARED_CHARS);
    const allowed = Math.floor(Math.max(needle.length, candidate.length) * ALLOWED_SHARE);
    const distance = editDistance(needle, candidate, allowed);
    if (distance <= allowed) return [{ word, distance }];
    const isPart =
      needle.length >= 3 && (candidate.includes(needle) || (candidate.length >= 3 && needle.includes(candidate)));
    // Behind all that are merely misspelt.
    return isPart ? [{ word, distance: COMPARED_CHARS + Math.abs(needle.length - candidate.length) }] : [];
  });
  return ranked
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ word }) => word);
}

/**
 * How many characters must be put in, left out, replaced, or swapped with their neighbour to make `b` of `a`; something above `most` where
 * that many are not enough.
 */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let [before, last] = [new Array<number>(b.length + 1).fill(0), Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
