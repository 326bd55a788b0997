import { PAIR_LOGARITHMS, symbolOf } from './letter-pairs.ts';

/** A word whose pairs of letters are rarer than this on average is none: an id. */
const WORD_THRESHOLD = 0.015099318064947853;
const SEGMENTS_LIMIT = 10;
const PLACEHOLDER = '*';
const SLASH = 0x2f;

/**
 * A path with `*` in place of every segment that looks like an id, as a digit or an unlikely row of letters do. What is behind `?`, `&` or
 * `#` is cut off, and so is what is behind the tenth slash (the rules of grafana/clusterurl 0.2.1).
 */
export function clusterUrl(path: string): string {
  let result = '';
  /** Where the segment begins, in the path. */
  let from = 0;
  let isId = false;
  /** One character that belongs to no word may be the second of a segment: `v1`. */
  let mayHaveDigit = true;
  let slashes = 0;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === 0x3f || code === 0x26 || code === 0x23) {
      // The last segment is not looked up: it stays unless a character spoke against it.
      return result + (isId ? PLACEHOLDER : path.slice(from, at));
    }
    if (code === SLASH) {
      slashes++;
      const segment = path.slice(from, at);
      const isPlaced = isId || (segment !== '' && !isWord(segment));
      if (slashes >= SEGMENTS_LIMIT) return result + lastOf(segment, isId, isPlaced);
      result += `${isPlaced ? PLACEHOLDER : segment}/`;
      from = at + 1;
      isId = false;
      mayHaveDigit = true;
    } else if (!isId && !isWordCharacter(code)) {
      if (mayHaveDigit && code < 0x80 && at - from === 1) mayHaveDigit = false;
      else isId = true;
    }
  }
  const segment = path.slice(from);
  return result + (isId || (segment !== '' && !isWord(segment)) ? PLACEHOLDER : segment);
}

/**
 * What becomes of the segment before the tenth slash. It is looked at twice: an id is `**` where a character spoke against it, and of a
 * word that is none the rest behind `*` counts once more.
 */
function lastOf(segment: string, isId: boolean, isPlaced: boolean): string {
  if (!isPlaced) return segment;
  if (isId) return PLACEHOLDER + PLACEHOLDER;
  const rest = segment.slice(1);
  if (rest === '') return PLACEHOLDER;
  return PLACEHOLDER + (isWord(rest) ? rest : PLACEHOLDER);
}

function isWordCharacter(code: number): boolean {
  return symbolOf(code) >= 0 || code === 0x2d || code === 0x5f || code === 0x2e;
}

/** Whether a segment reads like one or more words. */
function isWord(text: string): boolean {
  let sum = 0;
  let pairs = 0;
  let before = -1;
  for (let i = 0; i < text.length; i++) {
    const symbol = symbolOf(text.charCodeAt(i));
    if (symbol < 0) continue;
    if (before >= 0) {
      sum += PAIR_LOGARITHMS[before * 27 + symbol]!;
      pairs++;
    }
    before = symbol;
  }
  return Math.exp(sum / Math.max(1, pairs)) > WORD_THRESHOLD;
}
