import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StringMap } from '#lang/go-template';
import { GroupTimes } from '../../src/alerting/rules/group-times.ts';
import { readRules } from '../../src/alerting/rules/read-rules.ts';
import { printFault } from '../../src/alerting/rules/rule.ts';
import { TemplateSample } from '../../src/alerting/rules/rule-functions.ts';
import { RuleTemplate } from '../../src/alerting/rules/rule-template.ts';

/** What Prometheus' own packages made of templates and files of rules: rules/oracle recorded it. */
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`./rules/${name}`, import.meta.url), 'utf8')) as T;
const CASES = read<{
  templates: string[];
  files: string[];
  groups: { file: string; name: string; intervalMs: number; nowMs: number }[];
}>('cases.json');
const ANSWERS = read<{ templates: string[]; files: string[][]; groups: string[] }>('answers.json');

const DATA = {
  labels: new StringMap([
    ['instance', 'web-1.example.com:9090'],
    ['job', 'api'],
  ]),
  externalLabels: new StringMap([['region', 'eu']]),
  externalUrl: 'http://prom.example.com:9090/prefix',
  value: 1234.5678,
};

async function query(text: string): Promise<readonly TemplateSample[]> {
  if (text === 'none') return [];
  if (text !== 'up') throw new Error(`no such query: ${text}`);
  const labels = (instance: string, others: readonly [string, string][] = []): StringMap =>
    new StringMap([['__name__', 'up'], ['instance', instance], ...others]);
  return [new TemplateSample(labels('b:1', [['__value__', 'sv']]), 1), new TemplateSample(labels('a:1'), 0.5)];
}

/** Go's types of the data that templates get have no names here; other words of errors are the same. */
function withoutTypes(text: string): string {
  return text.replace(/(in type|of type|len of type) .*?>$/, '$1 …>');
}

describe('templates of rules give what they give in Prometheus', () => {
  test.each(CASES.templates.map((text, at) => ({ text, wanted: ANSWERS.templates[at]! })))(
    '$text',
    async ({ text, wanted }) => {
      let result: string;
      try {
        result = await new RuleTemplate('X', text).expand(DATA, { timeMs: 1_700_000_000_123, query });
      } catch (error) {
        result = `<error expanding template: error parsing template __alert_X: ${(error as Error).message}>`;
      }
      expect(withoutTypes(result)).toBe(withoutTypes(wanted));
    },
  );
});

/** Faults that we name the place of, which Prometheus leaves out or says in another form. */
const withoutPlaces = (fault: string): string => fault.replace(/^(?:\d+:\d+: )+/, '');

describe('files of rules are refused as by Prometheus', () => {
  test.each(CASES.files.map((text, at) => ({ text, wanted: ANSWERS.files[at]! })))('$text', ({ text, wanted }) => {
    const faults = readRules(text, 'f').faults.map((fault) => printFault(fault).slice('f: '.length));
    expect(faults.map(withoutPlaces)).toEqual(wanted.map(withoutPlaces));
    for (const [at, fault] of wanted.entries()) {
      const [place] = /^\d+:\d+(?=: g)/.exec(fault) ?? [];
      if (place !== undefined && place !== '0:0' && !/one of 'record'/.test(fault))
        expect(faults[at]).toMatch(new RegExp(`^${place}: `));
    }
  });
});

test('groups are evaluated when Prometheus evaluates them', () => {
  const own = CASES.groups.map(({ file, name, intervalMs, nowMs }) =>
    String(new GroupTimes(file, name, intervalMs).lastNs(BigInt(nowMs) * 1_000_000n)),
  );
  expect(own).toEqual(ANSWERS.groups);
});
