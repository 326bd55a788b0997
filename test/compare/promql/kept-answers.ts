import { readFileSync, writeFileSync } from 'node:fs';
import type { ApiAnswer } from './answers.ts';
import type { Asked } from './generate.ts';
import type { ApiAsked } from './requests.ts';

/** What a real Prometheus answered, kept for tests: a line each. */
export interface KeptAnswers {
  readonly expressions: { readonly asked: Asked; readonly answer: ApiAnswer };
  readonly broken: { readonly query: string; readonly answer: string };
  readonly requests: { readonly asked: ApiAsked; readonly answer: ApiAnswer };
}

function fileOf(kind: keyof KeptAnswers): URL {
  return new URL(`fixtures/${kind}.jsonl`, import.meta.url);
}

export function readKept<K extends keyof KeptAnswers>(kind: K): readonly KeptAnswers[K][] {
  return readFileSync(fileOf(kind), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KeptAnswers[K]);
}

export function writeKept<K extends keyof KeptAnswers>(kind: K, answers: readonly KeptAnswers[K][]): void {
  writeFileSync(fileOf(kind), answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
}
