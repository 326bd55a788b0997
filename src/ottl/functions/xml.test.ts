import { describe, expect, test } from 'vitest';
import { type Json, valueFor } from '../testing/edit.ts';
import { parseXml } from '../xml/tree.ts';
import { compileXPath } from '../xml/xpath.ts';

const error = (part: string): Json => ({ error: expect.stringContaining(part) }) as unknown as Json;
const call = (name: string, ...texts: string[]): string =>
  `${name}(${texts.map((text) => JSON.stringify(text)).join(', ')})`;

// What otelcol makes of texts is compared in test/compare (ottl-xml); here is what it can't show, because it never ends there or differs.
describe('XML', () => {
  test.each([
    [
      'an element in another that is found, too',
      ['GetXML', '<a><b>1<b>2</b></b></a>', '//b'],
      '<b>1<b>2</b></b><b>2</b>',
    ],
    ['an element that is found twice', ['GetXML', '<a><b/><b/></a>', '//b/..'], '<a><b></b><b></b></a>'],
    ['a prefix with any name', ['GetXML', '<a xmlns:p="u"><p:x/><p:y/><z/></a>', '//p:*'], '<p:x></p:x><p:y></p:y>'],
    [
      'two prefixes of one namespace',
      ['RemoveXML', '<p:a xmlns:p="u" xmlns:q="u"><q:b/></p:a>', '//c'],
      '<p:a xmlns:p="u" xmlns:q="u"><q:b></q:b></p:a>',
    ],
    ['a truth in a predicate', ['GetXML', '<a><b x="1"/><b/></a>', '//b[boolean(@x) = true()]'], '<b x="1"></b>'],
    ['characters, not bytes', ['GetXML', '<a><b>é</b><b>ab</b></a>', '//b[string-length(.) = 1]'], '<b>é</b>'],
    ['a part of a text', ['GetXML', '<a><b>abc</b></a>', '//b[substring(., 2, 5) = "bc"]'], '<b>abc</b>'],
    ['no number', ['GetXML', '<a><b>x</b></a>', '//b[not(. > 1)]'], '<b>x</b>'],
    [
      'an instruction by its target',
      ['RemoveXML', '<a><?x y?><b/></a>', '//processing-instruction("x")'],
      '<a><?x y?><b></b></a>',
    ],
  ])('%s', (_, [name, ...texts], expected) => {
    expect(valueFor(call(name!, ...texts))).toEqual(expected);
  });

  test.each([
    ['an expression that goes on', '/a]', 'invalid token'],
    ['an unknown function', '//a[nope()]', 'there is no function nope()'],
    ['too few parameters', '//a[contains(.)]', 'contains() takes 2 to 2 parameters'],
    ['an unknown axis', '//nope::a', 'unknown axis: nope'],
    ['a variable', '//a[$x]', 'undeclared variable $x'],
    ['an expression too deep', `${'('.repeat(300)}1${')'.repeat(300)}`, 'too complex'],
  ])('%s is a mistake when the statement is read', (_, path, message) => {
    expect(valueFor(call('GetXML', '<a/>', path))).toEqual(error(message));
  });

  test('elements too deep in each other fail', () => {
    const deep = `${'<a>'.repeat(1001)}${'</a>'.repeat(1001)}`;
    expect(() => parseXml(deep)).toThrow(
      expect.objectContaining({ message: 'exceeded maximum XML nesting depth of 1000' }),
    );
  });

  test('an expression that looks at the whole document for each node ends', () => {
    const document = parseXml(`<a>${'<b/>'.repeat(2000)}</a>`);
    const find = compileXPath('//b[count(//b) = 0]');
    expect(() => find(document)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('looks at more than') }),
    );
  });
});
