/**
 * What applies to everything on a page: the time range resolved to two times, the environment, live or not. Read from
 * the URL; "now" moves with the live timer only, so that all requests of one moment ask for the same range.
 */
import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { type ApiFailure, getJson, type Params } from './api.ts';
import { firstNowMs } from './first-answer.ts';
import { useConsoleSearch } from './page-search.ts';
import type { Question, ScopeParams } from './questions.ts';
import type { ScopeSearch } from './search.ts';
import { pauseMs, spentMs } from './spending.ts';
import { isMoving, rangeFromSearch, rangeKey, rangeToSearch, resolveRange, type TimeRange } from './time-range.ts';

export interface Scope {
  readonly range: TimeRange;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly environment: string | undefined;
  readonly live: boolean;
  /** The range ends now or later: it can be live. */
  readonly moving: boolean;
  /** Whose telemetry, as the API asks for it; undefined for the user's. */
  readonly owner: 'own' | undefined;
  readonly setOwn: (own: boolean) => void;
  readonly setRange: (range: TimeRange) => void;
  /** Rounds to whole milliseconds and pushes an absolute range; what a drag on a chart calls. */
  readonly zoomTo: (fromMs: number, toMs: number) => void;
  readonly setEnvironment: (environment: string | undefined) => void;
  readonly setLive: (live: boolean) => void;
  readonly refresh: () => void;
}

const BUSY_RECHECK_MS = 200;
const DUE_RECHECK_MS = 1_000;

const ScopeContext = createContext<Scope | undefined>(undefined);

function lengthOf(range: TimeRange, nowMs: number): number {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return toMs - fromMs;
}

/** The rule for how often a live page asks again: often for short ranges, never faster than the eye needs. */
function refreshEveryMs(spanMs: number): number {
  return Math.min(60_000, Math.max(5_000, spanMs / 360));
}

export function ScopeProvider({ children }: { readonly children: ReactNode }) {
  const search = useConsoleSearch();
  const queryClient = useQueryClient();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  const [nowMs, setNowMs] = useState(firstNowMs);
  const { range: rangeText, from, to, env, live: liveParam, own } = search;
  const range = useMemo(() => rangeFromSearch({ range: rangeText, from, to }), [rangeText, from, to]);
  const moving = isMoving(range, nowMs);
  const live = moving && liveParam !== false;
  const everyMs = moving ? refreshEveryMs(lengthOf(range, nowMs)) : 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page costs something else
  useEffect(() => {
    if (!live) return;
    let timer = 0;
    // Of a page that was just opened, what it took to load it.
    let spentBeforeMs = spentMs();
    let sinceMs = Date.now();
    const tick = (): void => {
      // A new "now" cancels what is still asked for the old one: a store that needs longer than a refresh would never get to answer.
      const isBusy = queryClient.isFetching() > 0;
      const isDue = Date.now() - sinceMs >= pauseMs(everyMs, spentMs() - spentBeforeMs);
      if (!isBusy && isDue && document.visibilityState === 'visible') {
        spentBeforeMs = spentMs();
        sinceMs = Date.now();
        setNowMs(sinceMs);
      }
      timer = window.setTimeout(tick, isBusy ? BUSY_RECHECK_MS : Math.min(everyMs, DUE_RECHECK_MS));
    };
    timer = window.setTimeout(tick, everyMs);
    return () => window.clearTimeout(timer);
  }, [live, everyMs, queryClient, pathname]);

  const update = useCallback(
    (change: ScopeSearch) => {
      setNowMs(Date.now());
      void navigate({ to: '.', search: (previous: object) => ({ ...previous, ...change }) });
    },
    [navigate],
  );

  const scope = useMemo<Scope>(() => {
    const { fromMs, toMs } = resolveRange(range, nowMs);
    return {
      range,
      fromMs: Math.round(fromMs),
      toMs: Math.round(toMs),
      nowMs,
      environment: env,
      live,
      moving,
      owner: own ? 'own' : undefined,
      setOwn: (isOwn) => update({ own: isOwn ? true : undefined }),
      setRange: (next) => update(rangeToSearch(next)),
      zoomTo: (zoomFromMs, zoomToMs) =>
        update(rangeToSearch({ kind: 'absolute', fromMs: Math.floor(zoomFromMs), toMs: Math.ceil(zoomToMs) })),
      setEnvironment: (environment) => update({ env: environment }),
      setLive: (on) => update({ live: on ? undefined : false }),
      refresh: () => setNowMs(Date.now()),
    };
  }, [range, nowMs, env, live, moving, own, update]);

  return <ScopeContext value={scope}>{children}</ScopeContext>;
}

export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error('useScope outside of ScopeProvider');
  return scope;
}

/** The range and environment as request parameters. */
export function useScopeParams(): ScopeParams {
  const { fromMs, toMs, environment } = useScope();
  return useMemo(() => ({ from: fromMs, to: toMs, environment }), [fromMs, toMs, environment]);
}

/** As `useScopeParams`, but a live refresh does not move the range while `hold` is set; a chosen range still does. */
export function useHeldParams(hold: boolean): ReturnType<typeof useScopeParams> {
  const { range } = useScope();
  const params = useScopeParams();
  const held = useRef({ params, range });
  const changed = held.current.range !== range || held.current.params.environment !== params.environment;
  if (!hold || changed) held.current = { params, range };
  return held.current.params;
}

export interface ApiAnswer<T> {
  readonly data: T | undefined;
  readonly error: ApiFailure | undefined;
  readonly loading: boolean;
  /** When the last answer came, by this browser's clock. */
  readonly answeredMs: number | undefined;
  /** `data` answers an older question than the one asked; show it dimmed. Not set by a mere live refresh. */
  readonly stale: boolean;
  readonly retry: () => void;
}

export interface ApiOptions<T> {
  readonly enabled?: boolean;
  /** Show the last answer while the next loads (default). Off where it would belong to something else. */
  readonly keep?: boolean;
  /** A number of ms; or, looked at after each answer, a function of it that gives one as long as asking again is worth it. */
  readonly refetchEveryMs?: number | ((answer: T | undefined) => number | undefined);
  /** Whether an answer says the same as the one before, which is kept then. Default: compares all of both, too much for a large answer. */
  readonly isSame?: (before: T, now: T) => boolean;
}

/** One request, cached by its path and parameters, cancelled when nobody wants it any more. */
export function useApi<T>(path: string, params: Params, options: ApiOptions<T> = {}): ApiAnswer<T> {
  const { enabled = true, keep = true, refetchEveryMs, isSame } = options;
  const client = useQueryClient();
  const query: UseQueryResult<T, ApiFailure> = useQuery<T, ApiFailure>({
    queryKey: [path, params],
    queryFn: ({ signal }) => getJson<T>(path, params, signal),
    enabled,
    ...(keep
      ? {
          placeholderData: <D,>(previous: D | undefined): D | undefined =>
            previous ?? lastAnswer<D>(client, path, params),
        }
      : {}),
    ...(typeof refetchEveryMs === 'number' ? { refetchInterval: refetchEveryMs } : {}),
    ...(typeof refetchEveryMs === 'function'
      ? { refetchInterval: ({ state }: { state: { data: T | undefined } }) => refetchEveryMs(state.data) ?? false }
      : {}),
    ...(isSame
      ? {
          structuralSharing: (before: unknown, now: unknown) =>
            before !== undefined && isSame(before as T, now as T) ? before : now,
        }
      : {}),
  });
  const { refetch } = query;
  const retry = useCallback(() => void refetch(), [refetch]);
  const { data, stale } = useInSlices(useKept(query, path, params), path);
  const answeredMs = query.dataUpdatedAt > 0 ? query.dataUpdatedAt : undefined;
  return { data, error: query.error ?? undefined, loading: query.isFetching, answeredMs, stale, retry };
}

/** What the same question was answered over another range, a moment ago: to be shown, as stale, where a page is opened again. */
function lastAnswer<T>(client: QueryClient, path: string, params: Params): T | undefined {
  const question = JSON.stringify(withoutRange(params));
  const same = client
    .getQueryCache()
    .findAll({ queryKey: [path], predicate: ({ queryKey }) => JSON.stringify(withoutRange(queryKey[1])) === question })
    .filter(({ state }) => state.data !== undefined)
    .toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt);
  return same[0]?.state.data as T | undefined;
}

function withoutRange(params: unknown): object {
  const { from: _from, to: _to, ...question } = params as Params;
  return question;
}

/** As `useApi`, for a question of `questions.ts`. */
export function useQuestion<T>({ path, params }: Question, options: ApiOptions<T> = {}): ApiAnswer<T> {
  return useApi<T>(path, params, options);
}

interface Kept<T> {
  readonly data: T | undefined;
  readonly stale: boolean;
}

/**
 * A new answer is drawn in slices, so that a large page does not block the browser; what was drawn before stays until then. That an answer is
 * stale, or gone, is said at once.
 */
function useInSlices<T>({ data, stale }: Kept<T>, path: string): Kept<T> {
  const now = useMemo(() => ({ data, stale, path }), [data, stale, path]);
  const drawn = useDeferredValue(now);
  if (now.data === undefined || drawn.path !== path) return now;
  return { data: drawn.data, stale: now.stale || drawn.stale };
}

/**
 * Decides what an answer stands for. A live refresh asks the same question a little later: its predecessor is shown as
 * it is while it loads, and marked stale if it fails. The answer to another question is stale at once, and gone on failure.
 */
function useKept<T>(query: UseQueryResult<T, ApiFailure>, path: string, params: Params): Kept<T> {
  const { range } = useScope();
  const { from: _from, to: _to, cursor: _cursor, ...question } = params;
  const key = JSON.stringify([path, question, rangeKey(range)]);
  const answered = useRef<{ key: string; data: T | undefined }>({ key: '', data: undefined });
  const { data, isPlaceholderData, error } = query;
  useEffect(() => {
    if (!isPlaceholderData && !error && data !== undefined) answered.current = { key, data };
  }, [isPlaceholderData, error, data, key]);
  if (error)
    return answered.current.key === key
      ? { data: answered.current.data, stale: true }
      : { data: undefined, stale: false };
  return { data, stale: isPlaceholderData && answered.current.key !== key };
}
