/**
 * Long values are cut where the data is, so that an answer's length depends on how many things it names and not on what a service wrote
 * into them. A log body of 1 MB is legal, and so is a stack trace, an SQL statement or an operation's name of that length.
 */
import { Bound, raw, type Sql, sql } from './sql.ts';

/** Names of things, in lists: far longer than any that people gave. */
const nameChars = 1000;

/** A text, or its beginning and an ellipsis. */
export function cutText(value: Sql, chars: number = nameChars): Sql {
  const limit = raw(String(chars));
  return sql`if(length(${value}) > ${limit}, concat(substringUTF8(${value}, 1, ${limit}), '…'), ${value})`;
}

/** How long the parts of one item may be in an answer. */
export interface ItemLimits {
  /** Of a text of its own, such as a log's body. */
  readonly textChars: number;
  /** A set of attributes that is larger has its long texts cut; where that is not enough, it is left out. */
  readonly attributeBytes: number;
}

/** Within a set of attributes that is too large. At most 1000, what a repetition of RE2 may be. */
const cutValueChars = 500;

/** Cuts the strings of a JSON text: what is longer than `cutValueChars` ends in an ellipsis. */
function cutJson(json: Sql): Sql {
  return sql`replaceRegexpAll(${json}, ${new Bound('String', `"((?:[^"\\\\]|\\\\.){${cutValueChars}})(?:[^"\\\\]|\\\\.)+"`)}, '"\\\\1…"')`;
}

/**
 * Columns for a JSON column of attributes: itself (empty where it is too large), `<name>_bytes`, and for large ones `<name>_cut`, a JSON text with
 * cut values, and `<name>_types` by path. `source` is the column with its table's name.
 */
export function cutAttributes(name: 'attributes' | 'resource', source: Sql, type: Sql, limitBytes: number): Sql {
  const limit = raw(String(limitBytes));
  const isLarge = sql`byteSize(${source}) > ${limit}`;
  const cut = cutJson(sql`toJSONString(${source})`);
  return sql`if(${isLarge}, CAST('{}', ${type}), ${source}) AS ${raw(name)}, byteSize(${source}) AS ${raw(`${name}_bytes`)},
    multiIf(NOT (${isLarge}), '', length(${cut}) <= ${limit}, ${cut}, '{}') AS ${raw(`${name}_cut`)},
    if(${isLarge} AND length(${cut}) <= ${limit}, JSONAllPathsWithTypes(${source}), map()) AS ${raw(`${name}_types`)}`;
}

/** As `cutText`, for a JSON text of attributes. */
export function cutAttributesText(value: Sql, limitBytes: number): Sql {
  const limit = raw(String(limitBytes));
  const cut = cutJson(value);
  return sql`multiIf(length(${value}) <= ${limit}, ${value}, length(${cut}) <= ${limit}, ${cut}, '{}')`;
}
