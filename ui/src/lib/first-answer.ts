/**
 * What a page needs before anything else, asked by a small script of its own (`early.ts`) while the console's other scripts load and start: the store
 * is as slow as they are, and works meanwhile.
 */
import type { QueryClient } from '@tanstack/react-query';
import { getJson } from './api.ts';
import { firstQuestion, type Question } from './questions.ts';
import { parseSearch, readSearch } from './search.ts';
import { rangeFromSearch, resolveRange } from './time-range.ts';

/** An answer that comes within this time is the first thing that is drawn; for a later one the page says that it loads. */
const WORTH_WAITING_MS = 100;
/** Later than this another "now" is meant. */
const SAME_MOMENT_MS = 10_000;

const startedMs = Date.now();
let asked: { readonly question: Question; readonly answer: Promise<unknown> } | undefined;

/** "Now" of the first page, the same for the early question and for the page that takes its answer. */
export function firstNowMs(): number {
  const nowMs = Date.now();
  return nowMs - startedMs < SAME_MOMENT_MS ? startedMs : nowMs;
}

export function askFirst({ pathname, search: text }: Pick<Location, 'pathname' | 'search'>): void {
  const search = readSearch(parseSearch(text));
  const { fromMs, toMs } = resolveRange(rangeFromSearch(search), firstNowMs());
  const scope = { from: Math.round(fromMs), to: Math.round(toMs), environment: search.env };
  try {
    const question = firstQuestion(pathname, search, scope);
    if (question === undefined) return;
    const answer = getJson(question.path, question.params);
    // Whoever takes it shows the error.
    answer.catch(() => undefined);
    asked = { question, answer };
  } catch {
    // An address that can't be read: the router says so.
  }
}

/**
 * Hands the early answer to the cache, where `useApi` finds it by the question: the answer, the running request or the error. Resolves when the
 * page should be drawn: for a trace, which is drawn at once where its answer is there, a little later; else now.
 */
export async function takeFirstAnswer(client: QueryClient): Promise<void> {
  if (asked === undefined) return;
  const { question, answer } = asked;
  asked = undefined;
  const query = { queryKey: [question.path, question.params], queryFn: () => answer, retry: false } as const;
  // Logs come page by page.
  const taken =
    question.path === '/logs'
      ? client.prefetchInfiniteQuery({ ...query, initialPageParam: undefined })
      : client.prefetchQuery(query);
  if (!question.path.startsWith('/traces/')) return;
  const { promise: waited, resolve } = Promise.withResolvers<void>();
  window.setTimeout(resolve, WORTH_WAITING_MS);
  await Promise.race([taken, waited]);
}
