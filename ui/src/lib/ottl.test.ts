import { describe, expect, test } from 'vitest';
import { suggest } from './ottl.ts';

const WORDS = {
  functions: [
    { name: 'set', signature: 'set(target, value)', meaning: '', isEditor: true },
    { name: 'Split', signature: 'Split(target, delimiter)', meaning: '', isEditor: false },
  ],
  paths: ['span.name', 'span.status.code', 'resource.attributes'],
  enums: ['STATUS_CODE_ERROR'],
};
const offered = (text: string): readonly string[] =>
  suggest(text, text.length, WORDS).suggestions.map((one) => one.text);

describe('what a word can become', () => {
  test('a statement begins with an editor', () => {
    expect(offered('s')).toEqual(['set(']);
    expect(offered('set(span.name, "a")\ns')).toEqual(['set(']);
  });
  test('behind it are paths, converters and enums, those that begin like the word first', () => {
    expect(offered('set(span.')).toEqual(['span.name', 'span.status.code']);
    expect(offered('set(span.name, S')).toEqual([
      'Split(',
      'span.name',
      'span.status.code',
      'STATUS_CODE_ERROR',
      'resource.attributes',
    ]);
    expect(suggest('set(span.na', 11, WORDS).start).toBe(4);
  });
  test('nothing within quotes, and nothing without a word', () => {
    expect(offered('set(span.name, "s')).toEqual([]);
    expect(offered('set(')).toEqual([]);
    expect(suggest('s', 1, undefined).suggestions).toEqual([]);
  });
});
