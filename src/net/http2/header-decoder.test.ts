import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderDecoder } from './header-decoder.ts';
import { encodeHeaders } from './header-encoder.ts';
import { HTTP2_ERROR } from './protocol.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

function fieldsOf(decoder: HeaderDecoder, block: Uint8Array): [string, string][] {
  const fields: [string, string][] = [];
  decoder.decode(block, 0, block.length, { add: (name, value) => void fields.push([name, value]) });
  return fields;
}

const REQUEST: [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];

describe('blocks of RFC 7541', () => {
  test.each([
    {
      name: 'C.3',
      blocks: [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    },
    {
      name: 'C.4, in Huffman codes',
      blocks: [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    },
  ])('$name: what was sent is named by its number', ({ blocks }) => {
    const decoder = new HeaderDecoder();
    const [first, second, third] = blocks.map((block) => fieldsOf(decoder, hex(block)));
    expect(first).toEqual(REQUEST);
    expect(second).toEqual([...REQUEST, ['cache-control', 'no-cache']]);
    expect(third).toEqual([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  test('C.6: a small table forgets its oldest', () => {
    const decoder = new HeaderDecoder();
    const blocks = [
      // The size of the table, 256, in front of the first block.
      '3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ];
    const [, second, third] = blocks.map((block) => fieldsOf(decoder, hex(block)));
    expect(second![0]).toEqual([':status', '307']);
    expect(third!.map(([name]) => name)).toEqual([
      ':status',
      'cache-control',
      'date',
      'location',
      'content-encoding',
      'set-cookie',
    ]);
    expect(third!.at(-1)![1]).toBe('foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1');
    // Its other entries had to go.
    expect(() => fieldsOf(decoder, hex('c1'))).toThrow('never sent');
  });
});

describe('a broken block', () => {
  test.each([
    { name: 'field 0', block: '80' },
    { name: 'a field that was never sent', block: 'be' },
    { name: 'a name that was never sent', block: '7f 7f 01 61' },
    { name: 'a number without an end', block: 'ff' },
    { name: 'a number that is too large', block: 'ff ff ff ff ff ff 7f' },
    { name: 'a text that is cut off', block: '00 05 61' },
    { name: 'a text of two gigabytes', block: '00 7f ff ff ff ff 07' },
    { name: 'a table larger than it may be', block: '3f e2 1f' },
    { name: 'a table that is resized behind a field', block: '82 20' },
    { name: 'the end of all codes', block: '00 84 ff ff ff ff 01 61' },
    { name: 'more than seven bits of filling', block: '00 82 1f ff 01 61' },
    { name: 'filling with zeros', block: '00 81 18 01 61' },
  ])('$name', ({ block }) => {
    expect(() => fieldsOf(new HeaderDecoder(), hex(block))).toThrow(
      expect.objectContaining({ name: 'Http2Error', code: HTTP2_ERROR.compression }),
    );
  });

  test('of random bytes ends in an error of HTTP/2 or in fields', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (block) => {
        try {
          fieldsOf(new HeaderDecoder(), block);
        } catch (error) {
          expect((error as { code: number }).code).toBe(HTTP2_ERROR.compression);
        }
      }),
    );
  });
});

describe('what we encode', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  const value = fc.stringMatching(/^[!-~]{0,300}$/);

  test('is decoded as it was, pseudo fields first', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value), value, (headers, path) => {
        const block = encodeHeaders({ ...headers, ':path': path });
        expect(fieldsOf(new HeaderDecoder(), block)).toEqual([[':path', path], ...Object.entries(headers)]);
      }),
    );
  });

  test.each([
    { headers: { 'a b': '1' }, error: 'not a name' },
    { headers: { A: '1' }, error: 'not a name' },
    { headers: { a: '1\r\nb: 2' }, error: 'characters' },
    { headers: { a: '\u0100' }, error: 'characters' },
  ])('$headers is refused', ({ headers, error }) => {
    expect(() => encodeHeaders(headers as Record<string, string>)).toThrow(error);
  });
});
