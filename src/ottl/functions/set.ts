import { Double, type PreparedValue, VALUE_EMPTY } from '#pdata';
import type { Expression } from '../expression.ts';
import { asList } from '../expression.ts';
import { editorFunction, type OttlFunction } from '../function.ts';
import { listOf, optional, type Target, target, value } from '../parameters.ts';
import type { Place } from '../place.ts';
import { Duration, fail, Id, isInt, isList, isNumber, Parts, Time, type Value } from '../values.ts';

/** `set`, `clear` and `append`: editors of whatever a path can be. */
export const SET_FUNCTIONS: readonly OttlFunction[] = [
  editorFunction(
    'set',
    'Sets a path to a value. Nil empties an attribute or a body, and is an error elsewhere.',
    [target('target'), value('value')],
    (to, from) => copied(to, from) ?? assigned(to, from),
  ),
  editorFunction(
    'clear',
    'Sets a path to the empty value of its type: an empty text, 0, false, an empty list or map.',
    [target('target')],
    (to) => (at) => {
      to.set(at, emptied(to.get(at)));
    },
  ),
  editorFunction(
    'append',
    'Adds a value, or several, to the list at a path. What is not a list becomes the first item of one.',
    [target('target'), optional(value('value')), optional(listOf(value('values')))],
    (to, one, several) => {
      if (one === undefined && several === undefined) fail('one of value and values must be given');
      const added = [...(one === undefined ? [] : [one]), ...(several ?? [])];
      return (at) => {
        const items = [...listed(to.get(at)), ...added.map((item) => item.get(at))];
        to.set(at, items);
      };
    },
  ),
];

function assigned(to: Target, from: Expression): (at: Place) => void {
  const { set } = to;
  const { get } = from;
  return (at) => set(at, get(at));
}

/** What a path that leads nowhere gives. */
const EMPTY: PreparedValue = { type: VALUE_EMPTY, at: 0, length: 0 };

/** One attribute set to another: its bytes lie in the arena already, and nothing is made of them. */
function copied(to: Target, from: Expression): ((at: Place) => void) | undefined {
  const { attributes: toAttributes, attribute: toKey } = to;
  const { attributes: fromAttributes, attribute: fromKey } = from;
  if (toAttributes === undefined || toKey === undefined || fromAttributes === undefined || fromKey === undefined) {
    return undefined;
  }
  return (at) => {
    const found = fromAttributes(at).getPrepared(fromKey);
    toAttributes(at).setPrepared(toKey, found ?? EMPTY);
  };
}

function emptied(current: Value): Value {
  if (typeof current === 'string') return '';
  if (typeof current === 'boolean') return false;
  if (isInt(current)) return 0;
  if (isNumber(current)) return new Double(0);
  if (current instanceof Uint8Array) return new Uint8Array(0);
  if (isList(current)) return [];
  if (current instanceof Map) return new Map();
  if (current instanceof Id) return new Id(current.kind, '0'.repeat(current.hex.length));
  if (current instanceof Parts) return new Parts(current.kind, current.count < 0 ? -1 : 0, undefined);
  if (current instanceof Time) return new Time(0n);
  if (current instanceof Duration) return new Duration(0n);
  return null;
}

/** The items of a list, or a value as the only item. */
function listed(current: Value): readonly Value[] {
  if (current === null) return [];
  return isList(current) ? asList(current) : [current];
}
