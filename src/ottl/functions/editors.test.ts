import { describe, expect, test } from 'vitest';
import { editedAttributes, type Json } from '../testing/edit.ts';

const BASE = {
  'http.method': 'get',
  'http.path': '/health',
  'http.url': 'http://localhost/health',
  flags: 'A|B|C',
  total: 5,
  foo: { bar: 'pass', nested: { test: 'pass' }, slice: ['val'] },
};

/** What changes: `undefined` for what goes. */
const CASES: readonly [string, Record<string, Json | undefined>][] = [
  ['set(attributes["flags"], "x")', { flags: 'x' }],
  ['set(attributes["new"], attributes["total"])', { new: 5 }],
  ['set(attributes["new"], attributes["absent"])', { new: null }],
  ['set(attributes["new"], nil)', { new: null }],
  ['set(attributes["new"], 1.0)', { new: { double: 1 } }],
  ['set(attributes["new"], 2 + 3 * 4)', { new: 14 }],
  ['set(attributes["new"], (2 + 3) * 4)', { new: 20 }],
  ['set(attributes["new"], 7 / 2)', { new: 3 }],
  ['set(attributes["new"], -7 / 2)', { new: -3 }],
  ['set(attributes["new"], 7 / 2.0)', { new: 3.5 }],
  ['set(attributes["new"], 9223372036854775807 + 1)', { new: Number(-(2n ** 63n)) }],
  ['set(attributes["new"], 0x0102)', { new: { bytes: 'AQI=' } }],
  ['set(attributes["new"], ["a", 1, true, nil])', { new: ['a', 1, true, null] }],
  ['set(attributes["new"], {"a": {"b": [1]}, "2": 1.5})', { new: { a: { b: [1] }, '2': 1.5 } }],
  ['set(attributes["foo"]["bar"], "changed")', { foo: { bar: 'changed', nested: { test: 'pass' }, slice: ['val'] } }],
  ['set(attributes["foo"]["slice"][0], 1)', { foo: { bar: 'pass', nested: { test: 'pass' }, slice: [1] } }],
  ['set(attributes["a"]["b"][2], 1)', { a: { b: [null, null, 1] } }],
  ['set(attributes[attributes["flags"]], 1)', { 'A|B|C': 1 }],
  ['set(attributes["copy"], attributes["foo"])', { copy: BASE.foo }],
  ['set(attributes["copy"], attributes["foo"]["nested"]["test"])', { copy: 'pass' }],
  ['set(attributes["copy"], attributes["foo"]["absent"]["test"])', { copy: null }],
  ['set(attributes["x"], 1) where attributes["total"] == 5', { x: 1 }],
  ['set(attributes["x"], 1) where attributes["total"] == 5.0', { x: 1 }],
  ['set(attributes["x"], 1) where attributes["total"] == "5"', {}],
  ['set(attributes["x"], 1) where attributes["absent"] == nil and not (attributes["total"] == nil)', { x: 1 }],
  ['set(attributes["x"], 1) where severity_number >= SEVERITY_NUMBER_INFO', { x: 1 }],
  ['set(attributes, {"only": 1})', { ...gone(), only: 1 }],
  ['clear(attributes)', gone()],
  ['clear(attributes["flags"])', { flags: '' }],
  ['clear(attributes["total"])', { total: 0 }],
  ['clear(attributes["foo"])', { foo: {} }],
  ['append(attributes["flags"], "D")', { flags: ['A|B|C', 'D'] }],
  ['append(attributes["new"], values=["a", 1])', { new: ['a', 1] }],
  ['append(attributes["foo"]["slice"], "x")', { foo: { bar: 'pass', nested: { test: 'pass' }, slice: ['val', 'x'] } }],
  ['delete_key(attributes, "http.method")', { 'http.method': undefined }],
  ['delete_key(attributes["foo"], "bar")', { foo: { nested: { test: 'pass' }, slice: ['val'] } }],
  [
    'delete_matching_keys(attributes, "^http")',
    { 'http.method': undefined, 'http.path': undefined, 'http.url': undefined },
  ],
  ['keep_matching_keys(attributes, "^(total|flags)$")', { ...gone(), total: 5, flags: 'A|B|C' }],
  ['keep_keys(attributes, ["flags", "total"])', { ...gone(), total: 5, flags: 'A|B|C' }],
  ['keep_keys(attributes["foo"], ["bar"])', { foo: { bar: 'pass' } }],
  ['limit(attributes, 100, [])', {}],
  ['limit(attributes, 2, ["total"])', { ...gone(), 'http.method': 'get', total: 5 }],
  ['merge_maps(attributes, attributes["foo"], "insert")', { bar: 'pass', nested: { test: 'pass' }, slice: ['val'] }],
  ['merge_maps(attributes, {"total": 6, "new": 1}, "update")', { total: 6 }],
  ['merge_maps(attributes, {"total": 6, "new": 1}, "insert")', { new: 1 }],
  ['merge_maps(attributes, {"total": 6, "new": 1}, "upsert")', { total: 6, new: 1 }],
  [
    'merge_maps(attributes["foo"], {"bar": 1}, "upsert")',
    { foo: { bar: 1, nested: { test: 'pass' }, slice: ['val'] } },
  ],
  ['replace_match(attributes["http.path"], "*/*", "test")', { 'http.path': 'test' }],
  ['replace_match(attributes["http.path"], "/h?alth", "test")', { 'http.path': 'test' }],
  ['replace_match(attributes["http.path"], "{/x,/health}", "test")', { 'http.path': 'test' }],
  ['replace_match(attributes["http.path"], "/[!g-i]*", "test")', {}],
  ['replace_all_matches(attributes, "*/*", "test")', { 'http.path': 'test', 'http.url': 'test' }],
  ['replace_pattern(attributes["http.path"], "/", "@")', { 'http.path': '@health' }],
  ['replace_pattern(attributes["flags"], "(\\\\w)\\\\|(\\\\w)", "$2-$1")', { flags: 'B-A|C' }],
  [`replace_pattern(attributes["flags"], "(?P<x>[AB])", "<$\{x}>")`, { flags: '<A>|<B>|C' }],
  ['replace_pattern(attributes["flags"], "A", "$$")', { flags: '$|B|C' }],
  ['replace_pattern(attributes["flags"], "x*", "-")', { flags: '-A-|-B-|-C-' }],
  ['replace_pattern(attributes["total"], "5", "6")', {}],
  ['replace_pattern(attributes["flags"], "A", "A")', {}],
  ['replace_pattern(attributes["flags"], "[AB]", "$0", ToLowerCase)', { flags: 'a|b|C' }],
  ['replace_pattern(attributes["flags"], "A", "$0", ToLowerCase, "<%s>")', { flags: '<a>|B|C' }],
  [
    'replace_all_patterns(attributes, "value", "/", "@")',
    { 'http.path': '@health', 'http.url': 'http:@@localhost@health' },
  ],
  [
    'replace_all_patterns(attributes, "key", "^http\\\\.", "h.")',
    {
      'http.method': undefined,
      'http.path': undefined,
      'http.url': undefined,
      'h.method': 'get',
      'h.path': '/health',
      'h.url': 'http://localhost/health',
    },
  ],
  ['truncate_all(attributes, 3)', { 'http.path': '/he', 'http.url': 'htt', flags: 'A|B' }],
  ['truncate_all(attributes, 4, true, "…")', { 'http.path': '/…', 'http.url': 'h…', flags: 'A…' }],
  ['stringify_all(attributes)', { total: '5', foo: '{"bar":"pass","nested":{"test":"pass"},"slice":["val"]}' }],
  ['flatten(attributes)', { foo: undefined, 'foo.bar': 'pass', 'foo.nested.test': 'pass', 'foo.slice.0': 'val' }],
  ['flatten(attributes["foo"], "p", 1)', { foo: { 'p.bar': 'pass', 'p.nested.test': 'pass', 'p.slice.0': 'val' } }],
  ['flatten(attributes["foo"], resolveConflicts=true)', { foo: { bar: 'pass', 'nested.test': 'pass', slice: 'val' } }],
];

function gone(): Record<string, undefined> {
  return Object.fromEntries(Object.keys(BASE).map((key) => [key, undefined]));
}

describe('editors', () => {
  test.each(CASES)('%s', (statement, change) => {
    const expected = Object.fromEntries(
      Object.entries({ ...BASE, ...change }).filter(([, value]) => value !== undefined),
    );
    expect(editedAttributes(statement, BASE)).toEqual(expected);
  });

  test.each([
    ['set(attributes["x"], 1 / 0)', /divide by 0/],
    ['set(attributes["x"], attributes["flags"] + 1)', /can not be calculated/],
    ['set(attributes["total"]["x"], 1)', /int64 can not be indexed/],
    ['set(attributes["foo"]["slice"][9], 1)', /out of bounds/],
    ['delete_key(attributes, attributes["absent"])', /expected string but got nil/],
    ['delete_key(attributes["total"], "x")', /expected map but got int64/],
    ['set(severity_number, "x")', /expects int64 but got string/],
    ['set(attributes["x"], trace_id)', /can not be set here/],
    ['set(attributes["a"][1000000], 1)', /out of bounds/],
  ])('%s fails', (statement, message) => {
    expect(() => editedAttributes(statement, BASE)).toThrow(message);
  });
});
