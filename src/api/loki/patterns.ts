/** Patterns of lines: what many lines have in common, with a place where they differ, and how often it was. */
import { type FoundLine, linePattern, queryLines, StoredLines } from '#query/logql.ts';
import type { Answer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { durationOf, msOf, rangeOf } from './parameters.ts';
import { both, logsOf } from './query.ts';

export const patternRoutes: readonly ApiRoute[] = both('/api/v1/patterns', patterns);

/** So many lines are looked at, the newest. */
const SAMPLED = 5_000;
const MOST_PATTERNS = 300;
const SHORTEST_STEP_MS = 10_000;

async function patterns({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const source = new StoredLines(reader, options);
  const asked = {
    ...logsOf(query),
    source,
    ...rangeOf(query, 1),
    limit: SAMPLED,
    direction: 'backward',
    signal: options.signal,
  } as const;
  const stepMs = Math.max(SHORTEST_STEP_MS, durationOf(query, 'step') ?? SHORTEST_STEP_MS);
  return { status: 'success', data: counted(await queryLines(asked), stepMs) };
}

interface Counted {
  readonly pattern: string;
  readonly level: string;
  readonly counts: Map<number, number>;
  total: number;
}

/** The most frequent first; times are seconds. */
function counted(lines: readonly FoundLine[], stepMs: number): readonly object[] {
  const found = new Map<string, Counted>();
  for (const { line, timeNs, labels } of lines) {
    const level = labels.get('detected_level');
    const pattern = linePattern(line);
    const key = `${level} ${pattern}`;
    const known = found.get(key) ?? { pattern, level, counts: new Map(), total: 0 };
    found.set(key, known);
    const time = (Math.floor(msOf(timeNs) / stepMs) * stepMs) / 1000;
    known.counts.set(time, (known.counts.get(time) ?? 0) + 1);
    known.total++;
  }
  return [...found.values()]
    .sort((a, b) => b.total - a.total)
    .slice(0, MOST_PATTERNS)
    .map(({ pattern, level, counts }) => ({ pattern, level, samples: [...counts].sort(([a], [b]) => a - b) }));
}
