/**
 * The logs of a question: pages backwards from the newest on demand, and new records while live. The window is fixed when
 * the question is asked; what arrives later is asked for by the newest record's cursor and waits while the reader is busy.
 */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { LogRecord, LogsResponse } from '#api/types.ts';
import { type ApiFailure, getJson, type Params } from './api.ts';
import { logsQuestion } from './questions.ts';
import { useScope } from './scope.tsx';
import { pauseMs, spentMs } from './spending.ts';
import { rangeKey } from './time-range.ts';

export interface LogStream {
  readonly logs: readonly LogRecord[];
  readonly first: LogsResponse | undefined;
  readonly error: ApiFailure | undefined;
  readonly stale: boolean;
  readonly hasOlder: boolean;
  readonly loadingOlder: boolean;
  readonly loadOlder: () => void;
  /** Arrived while paused; `showNew` puts them in. */
  readonly waitingCount: number;
  readonly showNew: () => void;
  readonly retry: () => void;
}

const TAIL_EVERY_MS = 2_000;
/** A tail that runs all day must not fill the memory. */
const TAIL_KEPT = 5_000;

export interface LogStreamOptions {
  /** What arrives waits until it is asked for. */
  readonly paused: boolean;
  readonly enabled: boolean;
}

export function useLogStream(question: Params, { paused, enabled }: LogStreamOptions): LogStream {
  const scope = useScope();
  const key = JSON.stringify([question, rangeKey(scope.range), scope.environment]);
  const window = useFixedWindow(key, scope);
  const { params } = useMemo(
    () => logsQuestion(question, { from: window.fromMs, to: window.toMs, environment: scope.environment }),
    [question, scope.environment, window],
  );
  const query = useInfiniteQuery<
    LogsResponse,
    ApiFailure,
    { pages: LogsResponse[] },
    readonly unknown[],
    string | undefined
  >({
    queryKey: ['/logs', params],
    queryFn: ({ signal, pageParam }) => getJson<LogsResponse>('/logs', { ...params, cursor: pageParam }, signal),
    enabled,
    initialPageParam: undefined,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: (previous) => previous,
  });
  // Drawn in slices, as what useApi gives.
  const now = useMemo(
    () => ({ data: query.data, stale: query.isPlaceholderData }),
    [query.data, query.isPlaceholderData],
  );
  const drawn = useDeferredValue(now);
  const { data } = drawn;
  const isDrawn = drawn === now;
  const base = useMemo(() => data?.pages.flatMap((page) => page.logs) ?? [], [data]);
  const tail = useTail({
    key,
    params,
    fromMs: window.fromMs,
    newest: base[0]?.id,
    enabled: enabled && scope.live && !query.isPlaceholderData && isDrawn && data !== undefined,
  });
  const [shownTail, setShownTail] = useState<readonly LogRecord[]>([]);
  useEffect(() => {
    if (!paused) setShownTail(tail.records);
  }, [paused, tail.records]);
  const logs = useMemo(
    () => (query.isPlaceholderData || !isDrawn ? base : [...shownTail, ...base]),
    [shownTail, base, query.isPlaceholderData, isDrawn],
  );
  const { fetchNextPage, refetch } = query;
  return {
    logs,
    first: data?.pages[0],
    error: query.error ?? tail.error,
    stale: now.stale || drawn.stale,
    hasOlder: query.hasNextPage,
    loadingOlder: query.isFetchingNextPage,
    loadOlder: useCallback(() => void fetchNextPage(), [fetchNextPage]),
    waitingCount: tail.records.length - shownTail.length,
    showNew: useCallback(() => setShownTail(tail.records), [tail.records]),
    retry: useCallback(() => void refetch(), [refetch]),
  };
}

/** The range as it was when `key` changed. */
function useFixedWindow(
  key: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): { fromMs: number; toMs: number } {
  const fixed = useRef({ key: '', fromMs, toMs });
  if (fixed.current.key !== key) fixed.current = { key, fromMs, toMs };
  const { fromMs: fixedFromMs, toMs: fixedToMs } = fixed.current;
  return useMemo(() => ({ fromMs: fixedFromMs, toMs: fixedToMs }), [fixedFromMs, fixedToMs]);
}

interface TailInput {
  readonly key: string;
  readonly params: Params;
  readonly fromMs: number;
  readonly newest: string | undefined;
  readonly enabled: boolean;
}

/** Asks for newer records every two seconds, one request at a time. Newest first. */
function useTail({ key, params, fromMs, newest, enabled }: TailInput): {
  records: readonly LogRecord[];
  error: ApiFailure | undefined;
} {
  const [records, setRecords] = useState<readonly LogRecord[]>([]);
  const [error, setError] = useState<ApiFailure>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question starts another tail
  useEffect(() => {
    setRecords([]);
    setError(undefined);
    if (!enabled) return;
    const abort = new AbortController();
    let cursor = newest;
    let timer = 0;
    const ask = async (): Promise<void> => {
      const spentBefore = spentMs();
      if (document.visibilityState === 'visible') {
        try {
          const answer = await getJson<LogsResponse>(
            '/logs',
            { ...params, from: fromMs, to: Date.now() + 60_000, ...(cursor ? { cursor, direction: 'newer' } : {}) },
            abort.signal,
          );
          const fresh = answer.logs.filter(({ id }) => id !== cursor);
          if (fresh.length > 0) {
            cursor = fresh[0]!.id;
            setRecords((previous) => [...fresh, ...previous].slice(0, TAIL_KEPT));
          }
          setError(undefined);
        } catch (failure) {
          if (abort.signal.aborted) return;
          setError(failure as ApiFailure);
        }
      }
      timer = window.setTimeout(() => void ask(), pauseMs(TAIL_EVERY_MS, spentMs() - spentBefore));
    };
    timer = setTimeout(() => void ask(), TAIL_EVERY_MS) as unknown as number;
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, enabled, fromMs, newest]);
  return { records, error };
}
