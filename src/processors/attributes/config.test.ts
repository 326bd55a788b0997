import { describe, expect, test } from 'vitest';
import { attributesSchema, validateAttributes } from './config.ts';

/** The messages of all mistakes in a list of actions. */
function mistakes(actions: readonly object[], more: object = {}): string[] {
  const parsed = attributesSchema.safeParse({ ...more, actions });
  if (!parsed.success) return parsed.error.issues.map((issue) => issue.message);
  return validateAttributes(parsed.data).map((mistake) => mistake.message);
}

describe('attributes configuration', () => {
  test.each([
    { actions: [], want: ['missing required field "actions"'] },
    { actions: [{ key: 'k', action: 'insert' }], want: [/^either field "value", "from_attribute" or "from_context"/] },
    { actions: [{ key: 'k', action: 'insert', value: 1, from_attribute: 'a' }], want: [/^multiple value sources/] },
    { actions: [{ action: 'update', value: 1 }], want: ['missing required field "key"'] },
    { actions: [{ action: 'delete' }], want: ['at least one of "key" and "pattern" has to be used'] },
    { actions: [{ key: 'k', action: 'hash', value: 1 }], want: ['action "hash" does not use a value source'] },
    { actions: [{ key: 'k', action: 'extract' }], want: ['missing required field "pattern" for action "extract"'] },
    {
      actions: [{ key: 'k', action: 'extract', pattern: 'abc' }],
      want: ['field "pattern" contains no named matcher groups'],
    },
    {
      actions: [{ key: 'k', action: 'extract', pattern: '(?P<a>.)(.)' }],
      want: ['field "pattern" contains at least one unnamed matcher group'],
    },
    { actions: [{ key: 'k', action: 'delete', pattern: '(' }], want: [/^field "pattern" has invalid pattern: /] },
    {
      actions: [{ key: 'k', action: 'convert' }],
      want: ['missing required field "converted_type" for action "convert"'],
    },
    {
      actions: [{ key: 'k', action: 'convert', converted_type: 'map' }],
      want: [/^invalid value "map" in field "converted_type"/],
    },
    {
      actions: [{ key: 'k', action: 'upsert', value: 1, pattern: 'x' }],
      want: ['action "upsert" does not use the "pattern" field'],
    },
    { actions: [{ key: 'k', action: 'remove' }], want: [/^unsupported action "remove"/] },
    { actions: [{ key: 'k', action: 'insert', from_context: 'auth.subject' }], want: [/^from_context "auth." needs/] },
    {
      actions: [{ key: 'k', action: 'insert', value: 1, patern: 'x' }],
      want: [/has invalid keys: patern \(did you mean "pattern"\?\)/],
    },
  ])('refuses $actions', ({ actions, want }) => {
    const found = mistakes(actions);
    expect(found).toHaveLength(want.length);
    want.forEach((text, i) => {
      if (typeof text === 'string') expect(found[i]).toBe(text);
      else expect(found[i]).toMatch(text);
    });
  });

  test.each([
    { include: { services: ['a'] }, want: 'is required' },
    { include: { match_type: 'strict', span_kinds: ['server'] }, want: /^span_kinds string must match one of/ },
    {
      include: { match_type: 'regexp', attributes: [{ key: 'k', value: 1 }] },
      want: /only supports texts, but found 1/,
    },
    { include: { match_type: 'regexp', services: ['('] }, want: /^not a regular expression/ },
    {
      include: { match_type: 'strict', attributes: [{ value: 1 }] },
      want: "can't have empty key in the list of attributes",
    },
  ])('refuses include $include', ({ include, want }) => {
    const [found] = mistakes([{ key: 'k', action: 'delete' }], { include });
    if (typeof want === 'string') expect(found).toBe(want);
    else expect(found).toMatch(want);
  });
});
