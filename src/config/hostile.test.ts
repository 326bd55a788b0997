import { expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { loadConfig, printPlace, toPlain } from './index.ts';

/** Files that were made to hurt, or that an editor has spoiled. otelcol 0.159 reads and refuses the same ones. */

async function outcome(file: string | Uint8Array): Promise<unknown> {
  const environment = {
    env: {},
    readFile: () => Promise.resolve(typeof file === 'string' ? new TextEncoder().encode(file) : file),
    fetchText: () => Promise.reject(new Error('no network')),
  };
  try {
    return toPlain((await loadConfig({ uris: ['c.yaml'], environment })).root);
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return error.errors.map((one) => `${printPlace(one.place!)} ${one.message}`);
  }
}

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));
const bytes = (...parts: (Uint8Array | number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
/** Each line names the one before so many times. */
const bomb = (lines: number, width: number): string =>
  [
    'a0: &a0 [x]',
    ...Array.from({ length: lines }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(width)}]`),
  ].join('\n');
const mapBomb = (lines: number): string =>
  ['a0: &a0 {x: 1}', ...Array.from({ length: lines }, (_, i) => `a${i + 1}: &a${i + 1} {b: *a${i}, c: *a${i}}`)].join(
    '\n',
  );

const TOO_DEEP = 'cannot read the YAML: values are nested more than 200 deep; look for brackets that are not closed';
const TOO_MANY = 'cannot read the YAML: more than 200000 values; look for aliases that multiply each other';

test.each([
  { name: 'an alias bomb of lists', file: bomb(60, 9), want: `c.yaml:7:10 ${TOO_MANY}` },
  { name: 'an alias bomb of maps', file: mapBomb(300), want: `c.yaml:17:15 ${TOO_MANY}` },
  { name: 'one that is not used', file: `${bomb(60, 9)}\nreceivers: {}`, want: `c.yaml:7:10 ${TOO_MANY}` },
  {
    name: 'lists in lists',
    file: `a: 1\nb: ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    want: `c.yaml:2:1004 ${TOO_DEEP}`,
  },
  { name: 'lists that never end', file: `b: ${'['.repeat(1_000_000)}`, want: `c.yaml:1:1004 ${TOO_DEEP}` },
  { name: 'maps in maps', file: `b: ${'{a: '.repeat(100_000)}`, want: `c.yaml:1:4004 ${TOO_DEEP}` },
  { name: 'items in items', file: `a: 1\n${'- '.repeat(100_000)}`, want: `c.yaml:2:1 ${TOO_DEEP}` },
  { name: 'a few hundred lists', file: `b: ${'['.repeat(300)}${']'.repeat(300)}`, want: `c.yaml:1:204 ${TOO_DEEP}` },
  {
    name: 'an anchor in itself',
    file: 'a: &a {b: [*a]}',
    want: 'c.yaml:1:12 the value of the anchor &a contains itself',
  },
  { name: 'an alias of nothing', file: 'a: *b', want: 'c.yaml:1:4 the alias *b names no anchor before it' },
  {
    name: 'Latin-1',
    file: latin1('a: 1\n# für'),
    want: 'c.yaml:2:4 not UTF-8: the byte 0xfc at 8; save the file as UTF-8',
  },
  {
    name: 'Latin-1 at the end',
    file: latin1('a: ü'),
    want: 'c.yaml:1:4 not UTF-8: the byte 0xfc at 3; save the file as UTF-8',
  },
  {
    name: 'half a character at the end',
    file: bytes(latin1('a: 1\n# '), [0xe2, 0x82]),
    want: 'c.yaml:2:3 not UTF-8: the byte 0xe2 at 7; save the file as UTF-8',
  },
  {
    name: 'a character in too many bytes',
    file: bytes(latin1('# '), [0xc0, 0xaf]),
    want: 'c.yaml:1:3 not UTF-8: the byte 0xc0 at 2; save the file as UTF-8',
  },
  {
    name: 'UTF-16 without a mark',
    file: utf16('a: 1'),
    want: 'c.yaml:1:2 cannot read the YAML: the control character U+0000 is not allowed (is it UTF-16 without a byte order mark?)',
  },
  {
    name: 'UTF-16 with half a character',
    file: bytes([0xff, 0xfe], utf16('a: 1'), [0x61]),
    want: 'c.yaml:1:1 the byte order mark says UTF-16, and half a character stands in it; save the file as UTF-8',
  },
  {
    name: 'a control character',
    file: 'a: 1\nb: \u0001',
    want: 'c.yaml:2:4 cannot read the YAML: the control character U+0001 is not allowed',
  },
  {
    name: 'two documents',
    file: 'a: 1\n---\nb: 1',
    want: 'c.yaml:2:1 cannot read the YAML: a second document begins here; put it into a file of its own, with a --config of its own',
  },
  { name: 'a number', file: '42', want: 'c.yaml:1:1 expected a map with keys such as receivers, got a number' },
  { name: 'true', file: 'true', want: 'c.yaml:1:1 expected a map with keys such as receivers, got a boolean' },
  { name: 'a text', file: 'x', want: 'c.yaml:1:1 expected a map with keys such as receivers, got a text' },
  { name: 'a list', file: '[]', want: 'c.yaml:1:1 expected a map with keys such as receivers, got a list' },
  {
    name: 'more than is read',
    file: `a: ${'x'.repeat(1024 * 1024)}`,
    want: 'c.yaml:1:1 it has 1048579 bytes; a configuration may have 1048576 (1 MiB)',
  },
  {
    name: 'a path of too many steps',
    file: `${'a::'.repeat(200)}b: 1`,
    want: `c.yaml:1:1 the key has 201 steps, more than 200: "${'a::'.repeat(27).slice(0, 80)}…"`,
  },
  {
    name: 'a key that is a number',
    file: '1: a',
    want: 'c.yaml:1:1 cannot read the YAML: the key 1 must be wrapped in quotes',
  },
])('$name is refused with its place', async ({ file, want }) => {
  expect(await outcome(file)).toEqual([want]);
});

const SOME = 'a: "für 10 €"\r\nb: [1, 𝄞]\n';
test.each([
  { name: 'UTF-8', file: new TextEncoder().encode(SOME) },
  { name: 'UTF-8 with a mark', file: new TextEncoder().encode(`\ufeff${SOME}`) },
  { name: 'UTF-16, little end first', file: utf16(`\ufeff${SOME}`) },
  { name: 'UTF-16, big end first', file: new Uint8Array(Buffer.from(utf16(`\ufeff${SOME}`)).swap16()) },
])('$name is read', async ({ file }) => {
  expect(await outcome(file)).toEqual({ a: 'für 10 €', b: [1, '𝄞'] });
});

test('an alias is the value of the anchor before it, however often that is', async () => {
  expect(await outcome('a: &x 1\nb: *x\nc: &x 2\nd: [*x, *x]')).toEqual({ a: 1, b: 1, c: 2, d: [2, 2] });
});
