/** Lines as they arrive, by websocket: what `logcli query --tail` and Grafana's live view ask for. */
import { sleep } from '#base';
import { parseLogql } from '#lang/logql';
import { type FollowQuery, type FoundLine, followLines, StoredLines } from '#query/logql.ts';
import { SocketAnswer } from '../http/answers.ts';
import { PerTenant } from '../http/per-tenant.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';
import { labelsText } from '../shared/series-json.ts';
import { bad, inForm } from './errors.ts';
import { countOf, durationOf, parametersOf, timeOf } from './parameters.ts';
import { DEFAULT_LINES, isCategorized, MOST_LINES, streamsOf } from './query.ts';

/** As Loki's defaults. */
const MOST_TAILS = 10;
const MOST_TAILS_IN_ALL = 100;
const MOST_DELAY_MS = 5_000;
const LONGEST_MS = 3_600_000;
const LOOK_EVERY_MS = 1_000;
const HOUR_NS = 3_600_000_000_000n;

export function tailRoute(): ApiRoute {
  const ofTenants = new PerTenant(() => ({ count: 0 }));
  const all = { count: 0 };
  return {
    method: 'GET',
    path: '/api/v1/tail',
    // It would hold its place among the answers in the making for as long as it lasts.
    isUrgent: true,
    answer: inForm(async (request) => {
      const query = followed(request);
      const own = ofTenants.of(request.reader.tenant);
      const [taken, most] = own.count >= MOST_TAILS ? [own, MOST_TAILS] : [all, MOST_TAILS_IN_ALL];
      if (taken.count >= most)
        throw bad(`max concurrent tail requests limit exceeded, count > limit (${taken.count + 1} > ${most})`);
      return new SocketAnswer(messages(request, query, [own, all]));
    }),
  };
}

/** Throws Loki's errors for what can't be followed. */
function followed(request: ApiRequest): FollowQuery {
  const query = parametersOf(request);
  const text = one(query, 'query') ?? '';
  const expr = parseLogql(text);
  if (expr.kind !== 'logs') throw bad('only log selector is supported');
  const delayMs = durationOf(query, 'delay_for') ?? 0;
  if (delayMs < 0 || delayMs > MOST_DELAY_MS) throw bad("delay_for can't be greater than 5");
  const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
  const { signal } = request.options;
  return {
    expr,
    text,
    source: new StoredLines(request.reader, request.options),
    signal,
    startNs: timeOf(query, 'start', nowNs() - HOUR_NS),
    limit: countOf(query, 'limit', DEFAULT_LINES, MOST_LINES),
    delayMs,
    nowNs,
    pause: async () => {
      await sleep(LOOK_EVERY_MS);
      signal?.throwIfAborted();
    },
  };
}

async function* messages(
  request: ApiRequest,
  query: FollowQuery,
  counts: readonly { count: number }[],
): AsyncGenerator<string | undefined> {
  const endsMs = performance.now() + LONGEST_MS;
  for (const each of counts) each.count++;
  try {
    for await (const { lines, dropped } of followLines(query)) {
      yield lines.length === 0 ? undefined : message(lines, dropped, isCategorized(request));
      if (performance.now() > endsMs) throw new Error('reached tail max duration limit');
    }
  } finally {
    for (const each of counts) each.count--;
  }
}

function message(lines: readonly FoundLine[], dropped: readonly FoundLine[], categorized: boolean): string {
  const encoding = categorized ? '"encodingFlags":["categorize-labels"],' : '';
  const left = dropped.map(({ timeNs, labels }) => `{"timestamp":"${timeNs}","labels":${labelsText(labels)}}`);
  const leftOut = left.length === 0 ? '' : `,"dropped_entries":[${left.join(',')}]`;
  return `{${encoding}"streams":[${streamsOf(lines, categorized).join(',')}]${leftOut}}`;
}
