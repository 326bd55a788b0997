/** A query with what there is in place of what there is not. */
import type { NoDataReason } from '../prometheus.ts';
import type { QueryLetter } from '../search.ts';
import { type Expanded, originOf, type Query } from './queries.ts';

export interface Repair {
  readonly letter: QueryLetter;
  /** Of the whole query. */
  readonly text: string;
}

/** undefined where the word to replace is not written where the reason says it is. */
export function repaired(
  queries: readonly Query[],
  asked: Expanded,
  reason: NoDataReason,
  suggestion: string,
): Repair | undefined {
  const place = asked.text.slice(reason.start, reason.end);
  const found = wordIn(place, reason);
  if (found === undefined) return undefined;
  const origin = originOf(asked, reason.start + found.at);
  const text = queries.find(({ letter }) => letter === origin?.letter)?.text;
  if (origin === undefined || text === undefined) return undefined;
  const { offset, letter } = origin;
  return { letter, text: text.slice(0, offset) + suggestion + text.slice(offset + found.length) };
}

/** Where the wrong word stands: a metric or a label by itself, a value in its quotes behind its label. */
function wordIn(place: string, { metric, label, value }: NoDataReason): { at: number; length: number } | undefined {
  if (value !== undefined && label !== undefined) {
    const behind = wordAt(place, label);
    const at = behind === undefined ? -1 : place.indexOf(value, behind + label.length);
    return at < 0 || value === '' ? undefined : { at, length: value.length };
  }
  const word = metric ?? label;
  const at = word === undefined ? undefined : wordAt(place, word);
  return at === undefined ? undefined : { at, length: word!.length };
}

function wordAt(place: string, word: string): number | undefined {
  for (let at = place.indexOf(word); at >= 0; at = place.indexOf(word, at + 1)) {
    const [before, after] = [place[at - 1] ?? ' ', place[at + word.length] ?? ' '];
    if (!/[\w:]/.test(before) && !/[\w:]/.test(after)) return at;
  }
  return undefined;
}
