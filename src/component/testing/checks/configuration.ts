import { expect } from 'vitest';
import { keyRows, type Schema } from '#config';
import type { Factory } from '../../contracts.ts';
import type { Check, Subject } from '../subject.ts';

/** The factory, and what its schema takes. */
export function configurationChecks({ factory, options, signals }: Subject): Check[] {
  const { emptyError } = options;
  return [
    {
      name: 'has legal names and says what it is',
      async run() {
        for (const name of [factory.type, ...(factory.aliases ?? [])]) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
        expect(factory.description.trim(), 'the description is empty').not.toBe('');
        expect(signals.length, 'stability names no signal').toBeGreaterThan(0);
      },
    },
    {
      name: emptyError === undefined ? 'works with an empty block' : 'says what an empty block lacks',
      async run() {
        for (const empty of [undefined, null, {}]) {
          const mistakes = mistakesIn(factory, empty);
          if (emptyError === undefined) expect(mistakes).toEqual([]);
          else expect(mistakes.join('\n')).toMatch(emptyError);
        }
      },
    },
    {
      name: 'refuses an unknown key',
      async run() {
        const block = { ...(options.config as object | undefined), no_such_key: 1 };
        expect(mistakesIn(factory, block).join('\n')).toContain('has invalid keys: no_such_key');
      },
    },
    {
      name: 'takes the block of this test',
      async run() {
        expect(mistakesIn(factory, options.config ?? {})).toEqual([]);
      },
    },
    {
      name: 'says what each key means',
      async run() {
        const silent = keyRows(factory.schema as Schema<unknown>).filter(
          (row) => row.meaning === '' && row.type !== 'block',
        );
        expect(
          silent.map(({ path }) => path),
          'keys without .describe(…) in the schema',
        ).toEqual([]);
      },
    },
  ];
}

/** What schema and `validate` complain about, as `path: message`. */
function mistakesIn(factory: Factory, block: unknown): string[] {
  const result = factory.schema.safeParse(block);
  if (!result.success) return result.error.issues.map((issue) => `${issue.path.join('::')}: ${issue.message}`);
  const mistakes = factory.validate?.(result.data as never) ?? [];
  return mistakes.map(({ path, message }) => `${path.join('::')}: ${message}`);
}
