import { describe, expect, test } from 'vitest';
import { logLine, messageParts } from './log-text.ts';

describe('the line of a record', () => {
  test.each([
    { name: 'plain text', body: 'cache miss', want: { message: 'cache miss', fields: { key: 'a' } } },
    {
      name: 'an object',
      body: { msg: 'done', took: 3, level: 'info' },
      want: { message: 'done', fields: { took: 3, key: 'a' } },
    },
    {
      name: 'text that holds an object',
      body: '{"message":"warm","n":1}',
      want: { message: 'warm', fields: { n: 1, key: 'a' } },
    },
    { name: 'an object without a message', body: { took: 3 }, want: { message: '', fields: { took: 3, key: 'a' } } },
    { name: 'broken JSON', body: '{oops}', want: { message: '{oops}', fields: { key: 'a' } } },
    { name: 'a list', body: [1, 2], want: { message: '[1,2]', fields: { key: 'a' } } },
  ])('$name', ({ body, want }) => expect(logLine({ body, attributes: { key: 'a' } })).toEqual(want));
});

describe('coloured parts', () => {
  const parts = (message: string): string[] =>
    messageParts(message).flatMap(({ kind, text }) => (kind === 'text' ? [] : [`${kind}:${text}`]));

  test.each([
    ['GET /healthz 200 0.4ms', ['method:GET', 'path:/healthz', 'number:200', 'number:0.4ms']],
    ['took 14.2ms, heap 211MiB', ['number:14.2ms', 'number:211MiB']],
    ['order 5f0c1a2b-1111-4222-8333-abcdefabcdef done', ['id:5f0c1a2b-1111-4222-8333-abcdefabcdef']],
    ['trace 360fd14391094d430dfe3cb7d34917d4', ['id:360fd14391094d430dfe3cb7d34917d4']],
    ['said "hello 5"', ['string:"hello 5"']],
    ['v2 of utf8 is abc123', []],
    ['ORD-000777 of -5 and MUG-01', ['number:-5']],
  ])('%s', (message, want) => expect(parts(message)).toEqual(want));

  test('put together again are the message', () => {
    for (const message of ['', 'x', 'GET /a?b=1 "q" 10.0.0.1:80 x', 'é 5 ü', '"'.repeat(7), 'a 1 '.repeat(400)]) {
      expect(
        messageParts(message)
          .map(({ text }) => text)
          .join(''),
      ).toBe(message);
    }
  });
});
