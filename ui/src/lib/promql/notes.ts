/** What an answer is to be read with: warnings and infos, with the places in a query that they name. */
import { offsetOf } from '#lang/promql';
import type { QueryLetter } from '../search.ts';
import { type Expanded, originOf } from './queries.ts';

export interface Note {
  readonly level: 'error' | 'warning' | 'info';
  /** Without the place. */
  readonly text: string;
  readonly letter: QueryLetter;
  /** In the text of that query; undefined where none is named. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** As the server writes it, `PromQL info: … (1:6)`, about an expression that was put together from several. */
export function noteOf(level: Note['level'], said: string, asked: Expanded, letter: QueryLetter): Note {
  const text = said.replace(/^PromQL (?:warning|info): /, '');
  const place = /^(.*?)\s*\((\d+):(\d+)\)$/s.exec(text);
  if (place === null) return { level, text, letter, start: undefined, end: undefined };
  const offset = offsetOf(asked.text, Number(place[2]), Number(place[3]));
  const origin = offset === undefined ? undefined : originOf(asked, offset);
  if (offset === undefined || origin === undefined)
    return { level, text: place[1]!, letter, start: undefined, end: undefined };
  const word = /^[\w:.]+/.exec(asked.text.slice(offset))?.[0].length ?? 1;
  return { level, text: place[1]!, letter: origin.letter, start: origin.offset, end: origin.offset + word };
}
