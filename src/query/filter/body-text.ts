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

/** The texts that are in whatever matches; none where the pattern has more than texts, points, stars behind them, and anchors. */
export function literals(pattern: string): readonly string[] {
  const parts = pattern.split(/\.[*+?]?|[\^$]/);
  if (parts.some((part) => /[\\|()[\]{}?*+]/.test(part))) return [];
  return parts.filter((part) => part !== '');
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
