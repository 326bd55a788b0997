import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALL_OF_PROMQL, parsePromql } from '#lang/promql';
import { treeOf } from './parse-query.ts';

const ANSWERS = new URL('../../../test/conformance/promql/tree-answers.jsonl', import.meta.url);

it('gives the tree of an expression as a real Prometheus 3.16 does', () => {
  const answers = readFileSync(ANSWERS, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly input: string; readonly tree: unknown });
  expect(answers.length).toBeGreaterThan(300);
  for (const { input, tree } of answers)
    expect(JSON.parse(JSON.stringify(treeOf(parsePromql(input, ALL_OF_PROMQL)))), input).toEqual(tree);
});
