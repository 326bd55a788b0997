import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TemplateSet } from '#lang/go-template';
import { DATA, FUNCTIONS } from './go-template/data.ts';

/** What Go's own text/template made of each template: go-template/oracle recorded it. */
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./go-template/${name}`, import.meta.url), 'utf8')) as T;
const CASES = read<{ text: string; missingKey?: 'default' | 'error' }[]>('cases.json');
const ANSWERS = read<{ text: string; result?: string; error?: string }[]>('answers.json');

function run(text: string, missingKey: 'default' | 'zero' | 'error'): { result?: string; error?: string } {
  try {
    const result = new TemplateSet(FUNCTIONS).add('t', text).execute('t', DATA, { missingKey });
    return result === '' ? {} : { result };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Where we say another thing, and why. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  '{{upper .Any.nil}}':
    "what a value in a map of anything is typed as, we don't know: the error says that there is none",
  '{{.Any.s.b}}': 'the error names the type that the value has',
  '{{.Func}}': 'functions have no signature to print',
  '{{len nil}}': 'Go reports an error of its own reflection',
};

describe('templates give what they give in Go', () => {
  test.each(ANSWERS.map(({ text, ...answer }, at) => ({ text, answer, at })))('$text', ({ text, answer, at }) => {
    expect(CASES[at]!.text).toBe(text);
    const own = run(text, CASES[at]!.missingKey ?? 'zero');
    if (text in DEVIATIONS) expect(own.error).toBeDefined();
    else expect(own).toEqual(answer);
  });
});
