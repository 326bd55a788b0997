/** The queries A, B, C … of a page: in its address, and put into each other where one names another. */
import { ALL_OF_PROMQL, childrenOf, type PromExpr, PromqlError, parsePromql } from '#lang/promql';
import { type ConsoleSearch, QUERY_LETTERS, type QueryLetter } from '../search.ts';

export interface Query {
  readonly letter: QueryLetter;
  readonly text: string;
  /** How its lines are called, `{{label}}` for a label's value; empty for all labels. */
  readonly legend: string;
  readonly isHidden: boolean;
}

/** Those of an address, in order; a first, empty one where there is none. */
export function readQueries(search: ConsoleSearch): readonly Query[] {
  const queries = QUERY_LETTERS.flatMap((letter): Query[] => {
    const text = search[letter];
    if (text === undefined) return [];
    return [
      {
        letter,
        text,
        legend: search[`${letter}.legend`] ?? '',
        isHidden: search.hide?.includes(letter.toUpperCase()) ?? false,
      },
    ];
  });
  return queries.length > 0 ? queries : [{ letter: 'a', text: '', legend: '', isHidden: false }];
}

/** What an address holds of them. */
export function writeQueries(queries: readonly Query[]): ConsoleSearch {
  const hidden = queries.filter(({ isHidden }) => isHidden).map(({ letter }) => letter.toUpperCase());
  const written = QUERY_LETTERS.flatMap((letter) => {
    const query = queries.find((each) => each.letter === letter);
    return [
      [letter, query?.text || undefined],
      [`${letter}.legend`, query?.legend || undefined],
    ];
  });
  return { ...Object.fromEntries(written), hide: hidden.length > 0 ? hidden : undefined };
}

/** Where a part of an expanded text was written. */
interface Piece {
  /** In the expanded text. */
  readonly from: number;
  readonly to: number;
  readonly letter: QueryLetter;
  /** In the query's own text. */
  readonly start: number;
}

export interface Expanded {
  /** What the server is asked. */
  readonly text: string;
  readonly pieces: readonly Piece[];
}

/** Something that is wrong with a query's own text. Offsets are UTF-16, `end` is exclusive. */
export interface Mistake {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** A letter that stands for a metric's name is the query of that letter: `A / B`. Gives a mistake where that means nothing. */
export function expandQuery(queries: readonly Query[], letter: QueryLetter): Expanded | Mistake {
  return expand(queries, letter, []);
}

export function isMistake(value: Expanded | Mistake): value is Mistake {
  return 'message' in value;
}

function expand(queries: readonly Query[], letter: QueryLetter, outer: readonly QueryLetter[]): Expanded | Mistake {
  const text = queries.find((query) => query.letter === letter)?.text ?? '';
  const tree = parsed(text);
  if ('message' in tree) return tree;
  const pieces: Piece[] = [];
  let out = '';
  let start = 0;
  const keep = (end: number): void => {
    if (end > start) pieces.push({ from: out.length, to: out.length + end - start, letter, start });
    out += text.slice(start, end);
    start = end;
  };
  const uses = usesIn(tree, queries);
  for (const use of uses) {
    const problem = problemOf(use, letter, outer);
    if (problem !== undefined) return { message: problem, start: use.start, end: use.end };
    const inner = expand(queries, use.letter, [...outer, letter]);
    if (isMistake(inner))
      return { message: `in ${use.letter.toUpperCase()}: ${inner.message}`, start: use.start, end: use.end };
    keep(use.start);
    const shift = out.length + 1;
    out += `(${inner.text})`;
    pieces.push(...inner.pieces.map((piece) => ({ ...piece, from: piece.from + shift, to: piece.to + shift })));
    start = use.end;
  }
  keep(text.length);
  // What a letter stands for may be of a type that does not fit, such as a range.
  const whole = uses.length === 0 ? tree : parsed(out);
  if ('message' in whole) return { message: whole.message, start: uses[0]!.start, end: uses.at(-1)!.end };
  return { text: out, pieces };
}

function parsed(text: string): PromExpr | Mistake {
  try {
    return parsePromql(text, ALL_OF_PROMQL);
  } catch (error) {
    if (error instanceof PromqlError) return { message: error.reason, ...error.range };
    if (error instanceof RangeError) return { message: error.message, start: 0, end: text.length };
    throw error;
  }
}

interface Use {
  readonly letter: QueryLetter;
  readonly start: number;
  readonly end: number;
  /** It stands where only a metric's name can: a range or an offset is taken of it. */
  readonly wants: 'range' | 'offset' | undefined;
}

/** From left to right. */
function usesIn(expr: PromExpr, queries: readonly Query[]): readonly Use[] {
  if (expr.kind === 'matrix') return usesIn(expr.selector, queries).map((use) => ({ ...use, wants: 'range' }));
  if (expr.kind !== 'selector') return childrenOf(expr).flatMap((child) => usesIn(child, queries));
  const { name, matchers, start } = expr;
  const query = queries.find(({ letter, text }) => letter.toUpperCase() === name && text !== '');
  if (query === undefined || matchers.length !== 1) return [];
  const isShifted =
    expr.offsetNs !== 0 || expr.offsetExpr !== undefined || expr.atMs !== undefined || expr.atEdge !== undefined;
  return [{ letter: query.letter, start, end: start + 1, wants: isShifted ? 'offset' : undefined }];
}

function problemOf({ letter, wants }: Use, own: QueryLetter, outer: readonly QueryLetter[]): string | undefined {
  const name = letter.toUpperCase();
  if (letter === own) return `${name} is this query itself`;
  if (outer.includes(letter)) return `${name} is made of this query already`;
  if (wants === 'range') return `${name} is a query here: write ${name}[5m:1m] for a range of it`;
  if (wants === 'offset') return `${name} is a query here: offset and @ go to the metrics in it`;
  return undefined;
}

/** Where a place of the expanded text was written; undefined for a bracket that was put around. */
export function originOf({ pieces }: Expanded, offset: number): { letter: QueryLetter; offset: number } | undefined {
  const piece = pieces.find(({ from, to }) => offset >= from && offset < to);
  return piece && { letter: piece.letter, offset: piece.start + offset - piece.from };
}
