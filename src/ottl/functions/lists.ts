import { areEqual, textOrder } from '../compare.ts';
import { asIndex } from '../expression.ts';
import { converterFunction, editorFunction, type OttlFunction } from '../function.ts';
import {
  constantText,
  int,
  items,
  type Lambda,
  lambda,
  listOf,
  listTarget,
  map,
  optional,
  value,
} from '../parameters.ts';
import type { Place } from '../place.ts';
import { textOf } from '../text.ts';
import {
  copyOf,
  EvaluationError,
  fail,
  isDouble,
  isInt,
  isList,
  numberOf,
  typeName,
  type Value,
  type ValueMap,
} from '../values.ts';

/** Lists and maps, and lambdas over their items. */
export const LIST_FUNCTIONS: readonly OttlFunction[] = [
  editorFunction(
    'delete_index',
    'Removes an item from a list, or the items from one index up to another.',
    [listTarget('target'), int('start_index'), optional(int('end_index'))],
    (target, start, end) => (at) => {
      const list = target.read(at);
      const from = asIndex(start.get(at));
      const to = end === undefined ? from + 1 : asIndex(end.get(at));
      const isAll = from === 0 && to === list.length;
      if (!isAll && (from < 0 || from >= list.length)) fail(`index ${from} out of bounds for a list of ${list.length}`);
      if (to < from) fail(`end index ${to} is less than start index ${from}`);
      if (to > list.length) fail(`range ${from} to ${to} out of bounds for a list of ${list.length}`);
      target.set(at, [...list.slice(0, from), ...list.slice(to)]);
    },
  ),
  converterFunction(
    'ContainsValue',
    'Whether a list has an item that is equal to a value.',
    [items('target'), value('item')],
    (target, item) => (at) => {
      const wanted = item.get(at);
      return target.get(at).some((each) => areEqual(each, wanted));
    },
  ),
  converterFunction('Keys', 'The keys of a map.', [map('target')], (target) => (at) => [...target.get(at).keys()]),
  converterFunction(
    'Values',
    'The values of a map.',
    [map('target')],
    (target) => (at) => [...target.get(at).values()].map(copyOf),
  ),
  converterFunction(
    'SliceToMap',
    'A map of the items of a list: under their indexes, or what a path of keys leads to in each.',
    [items('target'), optional(listOf(constantText('key_path'))), optional(listOf(constantText('value_path')))],
    (target, keyPath, valuePath) => (at) => mapOfItems(target.get(at), keyPath, valuePath),
  ),
  converterFunction(
    'Sort',
    'The items of a list in order, asc or desc: as numbers where all are, as texts where some are.',
    [value('target'), optional(constantText('order'))],
    (target, order = 'asc') => {
      if (order !== 'asc' && order !== 'desc') fail(`invalid order "${order}", it is asc or desc`);
      return (at) => {
        const list = target.get(at);
        return isList(list)
          ? sorted(list, order === 'desc')
          : fail(`a ${typeName(list)} can not be sorted, only a list`);
      };
    },
  ),
  converterFunction(
    'All',
    'Whether a lambda (key, value) is true for all items of a list or map.',
    [value('source'), lambda('predicate', 2)],
    (source, predicate) => (at) => entriesOf(source.get(at)).every(([key, each]) => isTrue(predicate, at, key, each)),
  ),
  converterFunction(
    'Any',
    'Whether a lambda (key, value) is true for one item of a list or map.',
    [value('source'), lambda('predicate', 2)],
    (source, predicate) => (at) => entriesOf(source.get(at)).some(([key, each]) => isTrue(predicate, at, key, each)),
  ),
  converterFunction(
    'Filter',
    'The items of a list or map for which a lambda (key, value) is true.',
    [value('source'), lambda('predicate', 2)],
    (source, predicate) => (at) => {
      const from = source.get(at);
      return rebuilt(
        from,
        entriesOf(from).filter(([key, each]) => isTrue(predicate, at, key, each)),
      );
    },
  ),
  converterFunction(
    'Find',
    'The first item for which a lambda (key, value) is true, or what another makes of it; nil for none.',
    [value('source'), lambda('predicate', 2), optional(lambda('mapper', 2))],
    (source, predicate, mapper) => (at) => {
      const found = entriesOf(source.get(at)).find(([key, each]) => isTrue(predicate, at, key, each));
      if (found === undefined) return null;
      return mapper === undefined ? found[1] : mapper.call(at, found[0], found[1]);
    },
  ),
  converterFunction(
    'MapEach',
    'A list or map with what a lambda (key, value) makes of each value.',
    [value('source'), lambda('mapper', 2)],
    (source, mapper) => (at) => {
      const from = source.get(at);
      return rebuilt(
        from,
        entriesOf(from).map(([key, each]) => [key, mapper.call(at, key, each)]),
      );
    },
  ),
  converterFunction(
    'MapKeys',
    'A map with what a lambda (key, value) makes of each key.',
    [map('source'), lambda('key_mapper', 2)],
    (source, mapper) => (at) => {
      const result: ValueMap = new Map();
      for (const [key, each] of source.get(at)) {
        const name = mapper.call(at, key, each);
        if (typeof name !== 'string') fail(`a key must be a string, the lambda gave ${typeName(name)}`);
        result.set(name as string, copyOf(each));
      }
      return result;
    },
  ),
  converterFunction(
    'Reduce',
    'What a lambda (sum, key, value) makes of all items, one after the other, beginning with a seed.',
    [value('source'), value('seed'), lambda('accumulator', 3)],
    (source, seed, accumulator) => (at) => {
      let sum = seed.get(at);
      for (const [key, each] of entriesOf(source.get(at))) sum = accumulator.call(at, sum, key, each);
      return sum;
    },
  ),
  converterFunction(
    'When',
    'One of two values: the first where a lambda without parameters is true.',
    [lambda('condition', 0), value('true_value'), value('false_value')],
    (condition, whenTrue, whenFalse) => (at) => {
      const answer = condition.call(at);
      if (typeof answer !== 'boolean') fail(`the lambda must give a bool, not ${typeName(answer)}`);
      return answer === true ? whenTrue.get(at) : whenFalse.get(at);
    },
  ),
];

type Entry = readonly [string | number, Value];

/** Items with their index, entries with their key. */
function entriesOf(value: Value): readonly Entry[] {
  if (value instanceof Map) return [...value];
  if (isList(value)) return value.map((item, index): Entry => [index, item]);
  throw new EvaluationError(`expected a list or map but got ${typeName(value)}`, true);
}

function rebuilt(like: Value, entries: readonly Entry[]): Value {
  if (like instanceof Map) return new Map(entries.map(([key, item]) => [String(key), copyOf(item)]));
  return entries.map(([, item]) => copyOf(item));
}

function isTrue(predicate: Lambda, at: Place, key: string | number, each: Value): boolean {
  const answer = predicate.call(at, key, each);
  return typeof answer === 'boolean' ? answer : fail(`the lambda must give a bool, not ${typeName(answer)}`);
}

function mapOfItems(list: readonly Value[], keyPath?: readonly string[], valuePath?: readonly string[]): ValueMap {
  const result: ValueMap = new Map();
  list.forEach((item, index) => {
    if ((keyPath !== undefined || valuePath !== undefined) && !(item instanceof Map)) {
      fail(`items must be maps where a path leads into them, not ${typeName(item)}`);
    }
    const key = keyPath === undefined ? String(index) : valueAtPath(item, keyPath);
    if (typeof key !== 'string') fail(`the key of item ${index} must be a string, not ${typeName(key)}`);
    result.set(key as string, copyOf(valuePath === undefined ? item : valueAtPath(item, valuePath)));
  });
  return result;
}

function valueAtPath(item: Value, path: readonly string[]): Value {
  if (path.length === 0) fail('a path needs a key at least');
  let found = item;
  for (const key of path) {
    const next = found instanceof Map ? found.get(key) : undefined;
    found = next ?? fail(`an item does not have the path ${path.join('.')}`);
  }
  return found;
}

/** Lists in which something is neither a number nor a text nor a bool stay as they are. */
function sorted(list: readonly Value[], isDescending: boolean): Value {
  const isSimple = (item: Value): boolean => item === null || typeof item === 'string' || typeof item === 'boolean';
  const isNumeric = (item: Value): boolean => isInt(item) || isDouble(item);
  if (list.length === 0 || !list.every((item) => isSimple(item) || isNumeric(item))) return list;
  const direction = isDescending ? -1 : 1;
  const order = list.some(isSimple)
    ? (a: Value, b: Value) => textOrder(textOf(a), textOf(b))
    : (a: Value, b: Value) => numberOf(a as number) - numberOf(b as number);
  return [...list].sort((a, b) => direction * order(a, b));
}
