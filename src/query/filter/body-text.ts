/**
 * Searching in the bodies of log records. The store keeps an index of all pieces of five characters of the lower-case body (`body_pieces`), which
 * it asks for conditions of the form `lower(body) LIKE '%…%'`. So such a condition stands beside each that needs a text to be there.
 */
import { allOf, raw, type Sql, sql, text } from '../sql/index.ts';

const BODY: Sql = raw('body');

/** Bodies with the text in them, whatever the case of its letters. */
export function bodyContains(value: string): Sql {
  if (isAscii(value)) return hasPiece(value);
  return allOf([...foldedPieces(value).map(hasPiece), sql`positionCaseInsensitiveUTF8(${BODY}, ${text(value)}) > 0`]);
}

/** Bodies that are exactly this text. */
export function bodyEquals(value: string): Sql {
  return allOf([...pieces(value).map(hasPiece), sql`${BODY} = ${text(value)}`]);
}

/** Bodies that match an RE2 expression. One without special characters is a text that must be there as it is. */
export function bodyMatches(pattern: string): Sql {
  const needed = literals(pattern);
  const isPlain = needed.length === 1 && needed[0] === pattern;
  const condition = isPlain ? sql`position(${BODY}, ${text(pattern)}) > 0` : sql`match(${BODY}, ${text(pattern)})`;
  return allOf([...needed.flatMap(pieces).map(hasPiece), condition]);
}

/**
 * The texts that are in whatever matches: what of an RE2 expression stands outside of groups, classes and repetitions. None where it has a choice
 * or flags, which may make anything of them.
 */
export function literals(pattern: string): readonly string[] {
  const found: string[] = [];
  let literal: string[] = [];
  const end = (): void => {
    if (literal.length > 0) found.push(literal.join(''));
    literal = [];
  };
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (/^[|)[]$/.test(token) || /^\(\?[^:P<]/.test(token) || /^\\[QECzbBxpP0-7]/.test(token)) return [];
    if (/^[*?{]/.test(token)) literal.pop();
    if (token.length === 1 ? !/[.^$*+?([{\\]/.test(token) : isPlainCharacter(token))
      literal.push(token.replace(/^\\/, ''));
    else end();
    if (token.startsWith('(') && !isWholeGroup(token)) return [];
  }
  end();
  return found;
}

/** A group without groups in it, a class, what repeats, an escape, or one character. */
const TOKEN =
  /\((?:[^()[\]\\]|\\.|\[\^?\]?(?:[^\]\\]|\\.)*\])*\)?|\[\^?\]?(?:[^\]\\[]|\\.|\[:\^?\w+:\])*\]|\{\d*,?\d*\}|\\.|[\s\S]/gu;

/** An escaped sign, or a character beyond 16 bits. */
function isPlainCharacter(token: string): boolean {
  return /^\\[^a-zA-Z0-9]$/u.test(token) || [...token].length === 1;
}

function isWholeGroup(token: string): boolean {
  return token.length > 1 && token.endsWith(')');
}

function isAscii(value: string): boolean {
  return !/[^\0-\x7f]/.test(value);
}

/** What of a text the store's lower(), which knows ASCII letters only, treats as we do. */
function pieces(value: string): readonly string[] {
  return value.split(/[^\0-\x7f]+/).filter((piece) => piece !== '');
}

/**
 * The same for a comparison that knows the case of all letters. It takes the Kelvin sign for a k and the long s for an s; where a text has
 * letters beyond ASCII, that may be meant.
 */
function foldedPieces(value: string): readonly string[] {
  return pieces(value.replace(/[kKsS]/g, '\u017f'));
}

function hasPiece(piece: string): Sql {
  return sql`lower(body) LIKE ${text(`%${piece.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)}`;
}
