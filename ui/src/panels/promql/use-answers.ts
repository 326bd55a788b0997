/** The queries of the page as they are asked: each cached by its text and times, cancelled when nobody wants it any more. */
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import type { ApiFailure, Params } from '../../lib/api.ts';
import { askPrometheus, type PromAnswer } from '../../lib/prometheus.ts';
import type { Expanded, Query } from '../../lib/promql/queries.ts';
import type { QueryLetter } from '../../lib/search.ts';

/** A query that can be asked. */
export interface Asked {
  readonly query: Query;
  readonly expanded: Expanded;
}

export interface Answered<T> {
  readonly asked: Asked;
  readonly answer: PromAnswer<T> | undefined;
  readonly error: ApiFailure | undefined;
  readonly isLoading: boolean;
  /** The answer is of another text or another form of question: to be shown dimmed. */
  readonly isStale: boolean;
  readonly retry: () => void;
}

interface Kept<T> extends PromAnswer<T> {
  readonly question: string;
}

/** `times` may move on without making what is there stale; `form` may not. */
export function useAnswers<T>(
  asked: readonly Asked[],
  path: string,
  times: Params,
  form: Params = {},
): readonly Answered<T>[] {
  const results = useQueries({
    queries: asked.map(({ expanded }) => {
      const question = JSON.stringify([path, expanded.text, form]);
      return {
        queryKey: ['prometheus', path, expanded.text, times, form],
        queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Kept<T>> => ({
          ...(await askPrometheus<T>(path, { query: expanded.text, ...times, ...form }, signal)),
          question,
        }),
      };
    }),
  });
  /** What was last shown of each query stays until the next answer is there. */
  const last = useRef(new Map<QueryLetter, Kept<T>>());
  useEffect(() => {
    for (const [i, { data }] of results.entries())
      if (data !== undefined) last.current.set(asked[i]!.query.letter, data);
  }, [results, asked]);
  return useMemo(
    () =>
      results.map(({ data, error, isFetching, refetch }, i) => {
        const one = asked[i]!;
        const answer = data ?? (error === null ? last.current.get(one.query.letter) : undefined);
        return {
          asked: one,
          answer,
          error: (error as ApiFailure | null) ?? undefined,
          isLoading: isFetching,
          isStale: answer !== undefined && answer.question !== JSON.stringify([path, one.expanded.text, form]),
          retry: () => void refetch(),
        };
      }),
    [results, asked, path, form],
  );
}
