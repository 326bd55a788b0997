import type { Pattern } from '#lang/pattern';
import { attributeKey, textAt, VALUE_STRING } from '#pdata';
import type { Reader } from '../expression.ts';
import { editorFunction, type OttlFunction } from '../function.ts';
import {
  constantBool,
  constantInt,
  constantText,
  listOf,
  type MapTarget,
  map,
  mapTarget,
  optional,
  text,
} from '../parameters.ts';
import { keysOf, setAttribute } from '../paths/attributes.ts';
import { patternReader } from '../pattern.ts';
import type { Place } from '../place.ts';
import { valueAt } from '../read-value.ts';
import { textOf } from '../text.ts';
import { copyOf, fail, type Value, type ValueMap } from '../values.ts';
import { flattened } from './flatten.ts';
import { truncate } from './truncate.ts';

/** Editors of maps. Attributes are changed in their table, other maps as a whole. */
export const MAP_FUNCTIONS: readonly OttlFunction[] = [
  editorFunction('delete_key', 'Removes a key from a map.', [mapTarget('target'), text('key')], (target, key) => {
    const { attributes } = target;
    if (attributes === undefined) return changed(target, (entries, at) => void entries.delete(key.get(at)));
    if (key.literal !== undefined) {
      const known = attributeKey(key.literal);
      return (at) => void attributes(at).delete(known);
    }
    return (at) => void attributes(at).delete(attributeKey(key.get(at)));
  }),
  editorFunction(
    'delete_matching_keys',
    'Removes all keys that match a pattern.',
    [mapTarget('target'), text('pattern')],
    (target, pattern) => withoutKeys(target, keyTest('delete_matching_keys', pattern)),
  ),
  editorFunction(
    'keep_keys',
    'Removes all keys but those that are named.',
    [mapTarget('target'), listOf(text('keys'))],
    (target, keys) => withoutKeys(target, otherKeys(keys)),
  ),
  editorFunction(
    'keep_matching_keys',
    'Removes all keys but those that match a pattern.',
    [mapTarget('target'), text('pattern')],
    (target, pattern) => {
      const testAt = keyTest('keep_matching_keys', pattern);
      return withoutKeys(target, (at) => {
        const matches = testAt(at);
        return (key) => !matches(key);
      });
    },
  ),
  editorFunction(
    'flatten',
    'Brings the entries of nested maps and lists to the top, under keys that are joined by dots.',
    [
      mapTarget('target'),
      optional(constantText('prefix')),
      optional(constantInt('depth')),
      optional(constantBool('resolve_conflicts')),
    ],
    (target, prefix, depth, resolvesConflicts) => {
      if (depth !== undefined && depth < 1) fail(`invalid depth ${depth}, must be greater than 0`);
      const limit = depth === undefined ? Infinity : Number(depth);
      return (at) => target.set(at, flattened(target.read(at), prefix ?? '', limit, resolvesConflicts ?? false));
    },
  ),
  editorFunction(
    'limit',
    'Removes entries beyond a number. Those under the priority keys stay.',
    [mapTarget('target'), constantInt('limit'), listOf(constantText('priority_keys'))],
    (target, limit, priorityKeys) => {
      if (limit < 0) fail(`invalid limit ${limit}, it can not be negative`);
      if (limit < priorityKeys.length) fail(`invalid limit ${limit}, it is less than the number of priority keys`);
      return limited(target, Number(limit), new Set(priorityKeys));
    },
  ),
  editorFunction(
    'merge_maps',
    'Puts the entries of a map into another: those that are new (insert), those that are there (update), or all (upsert).',
    [mapTarget('target'), map('source'), constantText('strategy')],
    (target, source, strategy) => {
      if (!['insert', 'update', 'upsert'].includes(strategy)) {
        fail(`invalid strategy "${strategy}", must be insert, update or upsert`);
      }
      return merged(target, source, strategy);
    },
  ),
  editorFunction('stringify_all', 'Makes texts of all values that are none.', [mapTarget('target')], (target) =>
    eachValue(target, (value) => (typeof value === 'string' ? undefined : textOf(value)), false),
  ),
  editorFunction(
    'truncate_all',
    'Cuts texts that are longer than a number of bytes.',
    [
      mapTarget('target'),
      constantInt('limit'),
      optional(constantBool('utf8_safe')),
      optional(constantText('truncation_marker')),
    ],
    (target, limit, isUtf8Safe = true, marker = '') => {
      if (limit < 0) fail(`invalid limit ${limit}, it can not be negative`);
      if (Buffer.byteLength(marker) > limit) fail(`the marker is longer than the limit ${limit}`);
      const bytes = Number(limit);
      return eachValue(target, (value) => truncate(value as string, bytes, isUtf8Safe, marker), true);
    },
  ),
];

/** Changes a copy of the map, and sets it. */
function changed(target: MapTarget, change: (entries: ValueMap, at: Place) => void): (at: Place) => void {
  return (at) => {
    const entries = target.read(at);
    change(entries, at);
    target.set(at, new Map(entries));
  };
}

type KeyTest = (key: string) => boolean;

function keyTest(name: string, pattern: Reader<string>): (at: Place) => KeyTest {
  const patternAt = patternReader(name, pattern);
  return (at) => {
    const { test } = remembering(patternAt(at));
    return test;
  };
}

/** Keys are few and come again: a pattern is asked once about each. */
const answersOf = new WeakMap<Pattern, { readonly test: KeyTest }>();
const ANSWERS_LIMIT = 4096;

function remembering(pattern: Pattern): { readonly test: KeyTest } {
  let found = answersOf.get(pattern);
  if (found === undefined) {
    const answers = new Map<string, boolean>();
    found = {
      test: (key) => {
        let answer = answers.get(key);
        if (answer === undefined) {
          answer = pattern.test(key);
          if (answers.size >= ANSWERS_LIMIT) answers.clear();
          answers.set(key, answer);
        }
        return answer;
      },
    };
    answersOf.set(pattern, found);
  }
  return found;
}

function otherKeys(keys: readonly Reader<string>[]): (at: Place) => KeyTest {
  const isConstant = keys.every((key) => key.literal !== undefined);
  const constant = new Set(isConstant ? keys.map((key) => key.literal!) : []);
  const test: KeyTest = (key) => !constant.has(key);
  if (isConstant) return () => test;
  return (at) => {
    const kept = new Set(keys.map((key) => key.get(at)));
    return (key) => !kept.has(key);
  };
}

function withoutKeys(target: MapTarget, unwantedAt: (at: Place) => KeyTest): (at: Place) => void {
  const { attributes } = target;
  if (attributes === undefined) {
    return changed(target, (entries, at) => {
      const isUnwanted = unwantedAt(at);
      for (const key of [...entries.keys()]) if (isUnwanted(key)) entries.delete(key);
    });
  }
  return (at) => {
    const isUnwanted = unwantedAt(at);
    const cursor = attributes(at);
    const { table } = cursor;
    const { arena } = at.chunk;
    cursor.deleteWhere((row) => isUnwanted(textAt(arena, table.keyAt[row]!, table.keyLength[row]!)));
  };
}

function limited(target: MapTarget, limit: number, priorityKeys: ReadonlySet<string>): (at: Place) => void {
  const excess = (keys: readonly string[]): Set<string> => {
    let count = keys.filter((key) => priorityKeys.has(key)).length;
    return new Set(keys.filter((key) => !priorityKeys.has(key) && count++ >= limit));
  };
  const { attributes } = target;
  return (at) => {
    if (attributes !== undefined && attributes(at).count <= limit) return;
    const keys = attributes === undefined ? [...target.read(at).keys()] : keysOf(attributes(at), at.chunk.arena);
    if (keys.length <= limit) return;
    const unwanted = excess(keys);
    withoutKeys(target, () => (key) => unwanted.has(key))(at);
  };
}

function merged(target: MapTarget, source: Reader<ValueMap>, strategy: string): (at: Place) => void {
  const isMeant = (isThere: boolean): boolean => strategy === 'upsert' || isThere === (strategy === 'update');
  const { attributes } = target;
  if (attributes === undefined) {
    return changed(target, (entries, at) => {
      for (const [key, value] of source.get(at)) if (isMeant(entries.has(key))) entries.set(key, copyOf(value));
    });
  }
  return (at) => {
    const entries = source.get(at);
    const cursor = attributes(at);
    for (const [key, value] of entries) {
      if (strategy === 'upsert' || isMeant(cursor.has(attributeKey(key)))) setAttribute(at, cursor, key, value);
    }
  };
}

/** Gives each value what `change` makes of it; undefined leaves it. */
export function eachValue(
  target: MapTarget,
  change: (value: Value, at: Place) => Value | undefined,
  textsOnly: boolean,
): (at: Place) => void {
  const { attributes } = target;
  if (attributes === undefined) {
    return changed(target, (entries, at) => {
      for (const [key, value] of entries) {
        if (textsOnly && typeof value !== 'string') continue;
        const next = change(value, at);
        if (next !== undefined) entries.set(key, next);
      }
    });
  }
  return (at) => {
    const cursor = attributes(at);
    const { table, owner } = cursor;
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const { chunk } = at;
      const type = table.type[row]!;
      if (textsOnly ? type !== VALUE_STRING : type === VALUE_STRING) continue;
      const next = change(rowValue(at, type, table.at[row]!, table.length[row]!), at);
      if (next === undefined) continue;
      cursor.setAt(row, { type: VALUE_STRING, at: chunk.appendText(next as string), length: chunk.lastTextLength });
    }
  };
}

function rowValue(at: Place, type: number, from: number, length: number): Value {
  return type === VALUE_STRING ? textAt(at.chunk.arena, from, length) : valueAt(at.chunk.arena, type, from, length);
}
