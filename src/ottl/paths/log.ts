import { equalAt } from '#base';
import { type LogChunk, VALUE_ARRAY, VALUE_KVLIST, VALUE_STRING } from '#pdata';
import type { Expression } from '../expression.ts';
import { type Key, storable, valueIn, withValue } from '../keys.ts';
import type { Place } from '../place.ts';
import { payloadOf, valueAt } from '../read-value.ts';
import { textOf } from '../text.ts';
import { fail, typeName, type Value } from '../values.ts';
import { expectText } from './simple.ts';

function bodyAt(at: Place): Value {
  const { arena, columns } = at.chunk as LogChunk;
  return valueAt(arena, columns.bodyType[at.row]!, columns.bodyAt[at.row]!, columns.bodyLength[at.row]!);
}

function setBody(at: Place, value: Value): void {
  const chunk = at.chunk as LogChunk;
  const { type, bytes } = payloadOf(storable(value));
  chunk.setPreparedBody(at.row, { type, at: chunk.append(bytes), length: bytes.length });
}

const BODY: Expression = {
  get: bodyAt,
  set: setBody,
  equalsText: (at, bytes) => {
    const { arena, columns } = at.chunk as LogChunk;
    const { row } = at;
    return (
      columns.bodyType[row] === VALUE_STRING &&
      columns.bodyLength[row] === bytes.length &&
      equalAt(arena, columns.bodyAt[row]!, bytes, 0, bytes.length)
    );
  },
};

const BODY_STRING: Expression = {
  get: (at) => textOf(bodyAt(at)),
  set: (at, value) => setBody(at, expectText(value)),
};

const SEVERITY_TEXT: Expression = {
  get: (at) => at.log.severityText,
  set: (at, value) => {
    at.log.severityText = expectText(value);
  },
  equalsText: (at, bytes) => {
    const { arena, columns } = at.chunk as LogChunk;
    const { severityTextAt, severityTextLength } = columns;
    const { row } = at;
    return severityTextLength[row] === bytes.length && equalAt(arena, severityTextAt[row]!, bytes, 0, bytes.length);
  },
};

const SEVERITY_NUMBER: Expression = {
  get: (at) => (at.chunk as LogChunk).columns.severityNumber[at.row]!,
  isSmallInt: true,
  set: (at, value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) fail(`expects int64 but got ${typeName(value)}`);
    at.log.severityNumber = (value as number) & 0xff;
  },
};

/** Paths of log records beyond those of pdata's table, or with a faster way. */
export const LOG_EXTRAS: Readonly<Record<string, Expression>> = {
  body: BODY,
  'body.string': BODY_STRING,
  severity_text: SEVERITY_TEXT,
  severity_number: SEVERITY_NUMBER,
};

/** `body["key"]`, `body[0]`: of bodies that are a map or a list. */
export function bodyPath(keys: readonly Key[]): Expression {
  const check = (at: Place): void => {
    const type = (at.chunk as LogChunk).columns.bodyType[at.row];
    if (type !== VALUE_KVLIST && type !== VALUE_ARRAY)
      fail(`a log body that is ${typeName(bodyAt(at))} can not be indexed`);
  };
  return {
    get: (at) => {
      check(at);
      return valueIn(bodyAt(at), keys, 0, at);
    },
    set: (at, value) => {
      check(at);
      setBody(at, withValue(bodyAt(at), keys, 0, value, at));
    },
  };
}
