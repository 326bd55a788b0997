import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, NotYet, STRING, TemplateSet } from './index.ts';

const run = (text: string, data: unknown = {}): string => new TemplateSet().add('t', text).execute('t', data);
const failure = (text: string, data: unknown = {}): string => {
  try {
    return `no error: ${run(text, data)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('what a template may cost is limited', () => {
  test.each([
    { name: 'a loop', text: '{{range 1000000000}}{{end}}', error: 'takes more than 100000 steps' },
    {
      name: 'loops in loops',
      text: '{{range 1000}}{{range 1000}}{{end}}{{end}}',
      error: 'takes more than 100000 steps',
    },
    {
      name: 'a template that calls itself',
      text: '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      error: 'maximum template depth',
    },
    {
      name: 'a text that doubles',
      text: '{{$s := "xxxxxxxx"}}{{range 1000}}{{$s = print $s $s}}{{end}}',
      error: 'makes more than 1048576 characters',
    },
    {
      name: 'a long result',
      text: '{{$s := printf "%9000s" ""}}{{range 1000}}{{$s}}{{end}}',
      error: 'makes more than 1048576 characters',
    },
    { name: 'a wide number', text: '{{printf "%900000d" 1}}', error: 'must be at most 10000' },
    {
      name: 'parentheses in each other',
      text: `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`,
      error: 'more than 200 parentheses in each other',
    },
    {
      name: 'blocks in each other',
      text: `${'{{if true}}'.repeat(5000)}${'{{end}}'.repeat(5000)}`,
      error: 'more than 200 blocks in each other',
    },
  ])('$name', ({ text, error }) => {
    expect(failure(text)).toContain(error);
  });

  test('the limits can be set', () => {
    const set = new TemplateSet().add('t', '{{range 10}}x{{end}}');
    expect(set.execute('t', {})).toBe('xxxxxxxxxx');
    expect(() => set.execute('t', {}, { limits: { ...DEFAULT_LIMITS, steps: 5 } })).toThrow('takes more than 5 steps');
    expect(() => set.execute('t', {}, { limits: { ...DEFAULT_LIMITS, characters: 4 } })).toThrow(
      'more than 4 characters',
    );
  });
});

describe('templates see only what is meant for them', () => {
  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'size', 'length'])('not %s', (name) => {
    expect(failure(`{{.${name}}}`, { Name: 'x' })).toContain(`can't evaluate field ${name}`);
    expect(failure(`{{.List.${name}}}`, { List: ['x'] })).toContain(`can't evaluate field ${name}`);
    expect(run(`{{.Map.${name}}}`, { Map: new Map([['x', 'y']]) })).toBe('<no value>');
  });

  test('functions of the prototype of the function map are none', () => {
    expect(failure('{{constructor}}')).toContain('function "constructor" not defined');
  });
});

describe('sets of templates', () => {
  test('a clone takes more templates than what it comes from', () => {
    const set = new TemplateSet().add('a', '{{define "x"}}x{{end}}');
    const clone = set.clone().add('b', '{{template "x"}}{{define "x"}}y{{end}}');
    expect(clone.execute('b', {})).toBe('y');
    expect(set.names).toEqual(['x', 'a']);
  });

  test('an empty template replaces none', () => {
    expect(new TemplateSet().add('a', 'text').add('a', '{{define "b"}}b{{end}}').execute('a', {})).toBe('text');
  });

  test('functions of an execution take the place of those that the text was read with', () => {
    const set = new TemplateSet({ hello: { params: [STRING], call: (name: string) => `hello ${name}` } });
    set.add('t', '{{hello "x"}}');
    const functions = { hello: { params: [STRING], call: (name: string) => `bye ${name}` } };
    expect([set.execute('t', {}), set.execute('t', {}, { functions })]).toEqual(['hello x', 'bye x']);
  });

  test('what is not there yet passes through', () => {
    const set = new TemplateSet({
      wait: {
        params: [],
        call: () => {
          throw new NotYet();
        },
      },
    }).add('t', '{{wait}}');
    expect(() => set.execute('t', {})).toThrow(NotYet);
  });

  test('values can be written in another way', () => {
    const print = (value: unknown, before: string): string => `[${String(value)} after ${before.length}]`;
    expect(new TemplateSet().add('t', 'ab{{1}}').execute('t', {}, { print })).toBe('ab[1 after 2]');
  });

  test('other delimiters', () => {
    expect(new TemplateSet({}, ['<<', '>>']).add('t', '{{1}}<< 2 -\u003e> x').execute('t', {})).toBe('{{1}}2x');
  });
});
