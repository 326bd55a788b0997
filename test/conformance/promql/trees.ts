/**
 * Prints, a line each, the tree that a Prometheus' `parse_query` answers for every expression of the fixture that is without mistakes:
 * `node trees.ts http://127.0.0.1:9090 > tree-answers.jsonl`.
 */
import { readFileSync } from 'node:fs';

const [address] = process.argv.slice(2);
if (address === undefined) throw new Error('usage: node trees.ts ADDRESS');
const lines = readFileSync(new URL('parser-answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
for (const line of lines) {
  const { input, error } = JSON.parse(line) as { readonly input: string; readonly error?: string };
  if (error !== undefined) continue;
  const response = await fetch(`${address}/api/v1/parse_query`, {
    method: 'POST',
    body: new URLSearchParams({ query: input }),
  });
  const { data } = (await response.json()) as { readonly data?: unknown };
  if (data === undefined) throw new Error(`no tree of ${input}: are all of Prometheus' features for PromQL on?`);
  process.stdout.write(`${JSON.stringify({ input, tree: data })}\n`);
}
