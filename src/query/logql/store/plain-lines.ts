/** Lines of a plain form, of which the store can tell what a parser takes out of them. */
import { matchesText } from '../../filter/index.ts';
import { allOf, anyOf, float, raw, type Sql, sql, text } from '../../sql/index.ts';
import type { ParsedFilter, ParsedFilters } from '../parsed-filters.ts';
import { compileCondition } from '../pipeline/conditions.ts';
import { Entry, ERROR } from '../pipeline/entry.ts';
import { isFarFrom, LAST_WORD, WRITTEN } from './written-values.ts';

/** Conditions on `body`. */
export interface PlainLines {
  /** The store finds the labels that are asked for as the parser does, and the parser finds no error in the line. */
  readonly isPlain: Sql;
  /** Whether such a line passes. */
  readonly passes: Sql;
}

export interface PlainForm extends PlainLines {
  /** All other lines have no label that the parser took, and go. */
  readonly isAny: Sql;
}

/** A label that stands in a line, as expressions. */
interface Field {
  /** False where the label is not there. */
  readonly isThere: Sql;
  readonly text: Sql;
  /** Whether `text` is what the parser takes, also where that is nothing. */
  readonly hasText: Sql;
  /** Whether that stands in the line as a text. */
  readonly isText: Sql;
  /** A number that stands in the line as one; absent where all is text. */
  readonly number?: { readonly is: Sql; readonly isWhole: Sql; readonly value: Sql };
}

interface Form {
  readonly isPlain: Sql;
  /** Nothing in the line has the name of an error. */
  readonly hasNoError: Sql;
  /** Where it is not met, the parser fails and takes nothing. */
  readonly hasLabels?: Sql;
  field(name: string): Field;
}

/** Undefined where a label that is asked for may be put together out of several keys in ways that can't be told. */
export function plainLines({ parser, filters }: ParsedFilters): PlainForm | undefined {
  const form = FORMS[parser];
  const parts = filters.map((filter) => partOf(filter, form));
  if (parts.includes(undefined)) return undefined;
  const known = parts as PlainLines[];
  return {
    isPlain: allOf([form.isPlain, form.hasNoError, ...known.map(({ isPlain }) => isPlain)]),
    passes: allOf(known.map(({ passes }) => passes)),
    isAny: form.hasLabels !== undefined && !passesBare(filters) ? form.hasLabels : raw('1'),
  };
}

/** Whether a line passes that is no object. */
function passesBare(filters: readonly ParsedFilter[]): boolean {
  const entry = new Entry();
  entry.fail('JSONParserErr', '');
  return filters.map(compileCondition).every((condition) => condition(entry));
}

function partOf(filter: ParsedFilter, form: Form): PlainLines | undefined {
  if ('left' in filter) {
    const [left, right] = [partOf(filter.left, form), partOf(filter.right, form)];
    if (left === undefined || right === undefined) return undefined;
    const join = filter.kind === 'and' ? allOf : anyOf;
    return { isPlain: allOf([left.isPlain, right.isPlain]), passes: join([left.passes, right.passes]) };
  }
  if (filter.name === ERROR)
    return filter.kind === 'text' ? { isPlain: raw('1'), passes: matchesText(raw("''"), filter) } : undefined;
  if (!LAST_WORD.test(filter.name) || filter.name.endsWith('_extracted')) return undefined;
  const field = form.field(filter.name);
  if (filter.kind === 'text') return { isPlain: field.hasText, passes: matchesText(field.text, filter) };
  const { operator, value, unit } = filter;
  const written = WRITTEN[unit === 'duration' ? 'duration' : 'number'];
  const compared = (of: Sql): Sql => sql`${of} ${raw(operator)} ${float(value)}`;
  const found = written.value(field.text);
  const isKnown = anyOf([written.isWhole(field.text), isFarFrom(found, value)]);
  const ofText: PlainLines = {
    isPlain: allOf([field.isText, sql`match(${field.text}, ${text(written.form)})`, isKnown]),
    passes: compared(found),
  };
  const { number } = field;
  const ofAny =
    number === undefined || unit === 'duration'
      ? ofText
      : {
          isPlain: sql`if(${number.is}, ${number.isWhole} OR ${isFarFrom(number.value, value)}, ${ofText.isPlain})`,
          passes: sql`if(${number.is}, ${compared(number.value)}, ${ofText.passes})`,
        };
  return {
    isPlain: sql`if(${field.isThere}, ${ofAny.isPlain}, ${field.hasText})`,
    passes: sql`${field.isThere} AND ${ofAny.passes}`,
  };
}

/**
 * An object without escapes. Whatever keys a label is made of, its last word stands at the end of the last one: where that is found once in the line,
 * and the object has a member of the label's name, no other can be meant.
 */
const JSON_FORM: Form = {
  isPlain: sql`position(body, ${text('\\')}) = 0 AND JSONType(body) = 'Object'`,
  hasLabels: sql`match(body, ${text('^[ \\t\\r\\n]*\\{')})`,
  hasNoError: sql`NOT match(body, ${text('error[^a-zA-Z0-9"]{2}"')})`,
  field(name) {
    const key = text(name);
    const places = sql`countSubstrings(body, ${text(`${LAST_WORD.exec(name)![0]}"`)})`;
    const type = sql`JSONType(body, ${key})`;
    const whole = sql`JSONExtractInt(body, ${key})`;
    return {
      isThere: sql`${places} > 0`,
      text: sql`multiIf(${places} = 0, '', ${type} = 'String', JSONExtractString(body, ${key}),
        ${type} = 'Bool', if(JSONExtractBool(body, ${key}), 'true', 'false'), toString(${whole}))`,
      // Zero may be written as -0.
      hasText: sql`${places} = 0 OR (${places} = 1 AND (${type} IN ('String', 'Bool') OR (${type} = 'Int64' AND ${whole} != 0)))`,
      isText: sql`${places} = 1 AND ${type} = 'String'`,
      number: {
        is: sql`${places} = 1 AND ${type} IN ('Int64', 'UInt64', 'Double')`,
        isWhole: sql`${type} = 'Int64'`,
        value: sql`JSONExtractFloat(body, ${key})`,
      },
    };
  },
};

/** Not of a pair: a blank, quotes, `=` and a backslash. */
const WORD = '[!#-<>-\\[\\]-~]*';
const QUOTED = '[^"\\\\\\x00-\\x1f]*';
const PAIR = `[a-zA-Z_][a-zA-Z0-9_]*=(?:"${QUOTED}"|${WORD})`;

/** Pairs with one blank between them, without escapes. */
const LOGFMT_FORM: Form = {
  isPlain: sql`match(body, ${text(`^(?:${PAIR}(?: ${PAIR})*)?$`)})`,
  hasNoError: sql`position(body, '__error__') = 0`,
  field(name) {
    const places = sql`countMatches(body, ${text(`(?:^| )${name}=`)})`;
    const groups = sql`extractGroups(body, ${text(`^(?:${PAIR} )*${name}=(?:"(${QUOTED})"|(${WORD}))(?: |$)`)})`;
    const found = sql`concat(${groups}[1], ${groups}[2])`;
    // The only place may be in quotes.
    const hasText = sql`${places} = 0 OR (${places} = 1 AND notEmpty(${groups}))`;
    return {
      // An empty value is no label.
      isThere: sql`${places} > 0 AND ${found} != ''`,
      text: found,
      hasText,
      isText: hasText,
    };
  },
};

const FORMS: { readonly [parser in ParsedFilters['parser']]: Form } = { json: JSON_FORM, logfmt: LOGFMT_FORM };
