import { describe, expect, test } from 'vitest';
import { Relabeler } from './relabel.ts';
import { relabelConfig } from './relabel-config.ts';

const LABELS = { a: 'foo', b: 'bar', c: 'baz', __meta_x_y: '1' };

function relabel(
  rules: readonly object[],
  labels: Record<string, string> = LABELS,
): Record<string, string> | undefined {
  const map = new Map(Object.entries(labels));
  const kept = new Relabeler(rules.map((rule) => relabelConfig.parse(rule))).apply(map);
  return kept ? Object.fromEntries(map) : undefined;
}

describe('relabelling does what prometheus/model/relabel does', () => {
  test.each([
    {
      name: 'replace with a group',
      rules: [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch${1}' }],
      want: { ...LABELS, d: 'choo-choo' },
    },
    {
      name: 'replace of several labels',
      rules: [{ source_labels: ['a', 'b'], regex: 'f(.*);(.*)r', target_label: 'a', replacement: 'b${1}${2}m' }],
      want: { ...LABELS, a: 'boobam' },
    },
    {
      name: 'a pattern matches all of the text',
      rules: [{ source_labels: ['a'], regex: 'fo', target_label: 'd', replacement: 'no' }],
      want: LABELS,
    },
    {
      name: 'an empty replacement takes the label away',
      rules: [{ source_labels: ['a'], regex: '(f).*', target_label: 'b', replacement: '$2' }],
      want: { a: 'foo', c: 'baz', __meta_x_y: '1' },
    },
    {
      name: 'a target that is a group',
      rules: [{ source_labels: ['a'], regex: '(?P<name>.*)', target_label: '${name}_x', replacement: '$$$name' }],
      want: { ...LABELS, foo_x: '$foo' },
    },
    { name: 'keep', rules: [{ source_labels: ['a'], regex: 'foo', action: 'keep' }], want: LABELS },
    { name: 'keep of others', rules: [{ source_labels: ['a'], regex: 'no', action: 'keep' }], want: undefined },
    { name: 'drop', rules: [{ source_labels: ['a'], regex: 'f.*', action: 'Drop' }], want: undefined },
    { name: 'keepequal', rules: [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }], want: undefined },
    { name: 'dropequal', rules: [{ source_labels: ['a'], target_label: 'a', action: 'dropequal' }], want: undefined },
    {
      name: 'hashmod',
      rules: [{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }],
      want: { ...LABELS, d: '976' },
    },
    {
      name: 'labelmap',
      rules: [{ regex: '__meta_(x.*)', action: 'labelmap', replacement: 'bar_${1}' }],
      want: { ...LABELS, bar_x_y: '1' },
    },
    { name: 'labeldrop', rules: [{ regex: '(b|c)', action: 'labeldrop' }], want: { a: 'foo', __meta_x_y: '1' } },
    { name: 'labelkeep', rules: [{ regex: '(b|c)', action: 'labelkeep' }], want: { b: 'bar', c: 'baz' } },
    {
      name: 'uppercase and lowercase',
      rules: [
        { source_labels: ['a'], target_label: 'u', action: 'uppercase' },
        { source_labels: ['u'], target_label: 'l', action: 'lowercase' },
      ],
      want: { ...LABELS, u: 'FOO', l: 'foo' },
    },
    {
      name: 'a plain value needs no source',
      rules: [{ target_label: 'job', replacement: 'shop' }],
      want: { ...LABELS, job: 'shop' },
    },
  ])('$name', ({ rules, want }) => {
    expect(relabel(rules)).toEqual(want);
  });

  test('a pattern that explodes elsewhere is done at once', () => {
    expect(
      relabel([{ source_labels: ['a'], regex: '(a*)*b', action: 'keep' }], { a: 'a'.repeat(5000) }),
    ).toBeUndefined();
  });
});

describe('rules that can not be', () => {
  test.each([
    [{ regex: '(', target_label: 'x' }, 'is no RE2 pattern'],
    [{ action: 'mangle' }, 'unknown relabel action "mangle"'],
    [{ action: 'hashmod', target_label: 'x' }, 'requires non-zero modulus'],
    [{ action: 'replace' }, "requires 'target_label' value"],
    [{ action: 'labeldrop', target_label: 'x', regex: 'a' }, "requires only 'regex'"],
    [{ action: 'keepequal', target_label: 'x', regex: 'a' }, "requires only 'source_labels' and 'target_label'"],
  ])('%j', (rule, message) => {
    const { error } = relabelConfig.safeParse(rule);
    expect(error?.issues.map((issue) => issue.message).join('\n')).toContain(message);
  });
});
