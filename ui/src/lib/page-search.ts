/** The search parameters of a page and the one way to change them. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

export interface PageSearch<T> {
  readonly search: T;
  /** Merges a change into the URL. `replace` leaves no step in the history: for typing and selections. */
  readonly update: (change: { readonly [K in keyof T]?: T[K] | undefined }, replace?: boolean) => void;
}

/** `T` is what the route's `validateSearch` returns; the caller knows its own page. */
export function usePageSearch<T extends object>(): PageSearch<T> {
  const search = useSearch({ strict: false }) as T;
  const navigate = useNavigate();
  const update = useCallback<PageSearch<T>['update']>(
    (change, replace = false) => {
      void navigate({ to: '.', search: ((previous: object) => ({ ...previous, ...change })) as never, replace });
    },
    [navigate],
  );
  return { search, update };
}

/** A burst of changes, such as a key held down, becomes one change of the URL. */
const WRITE_AFTER_MS = 80;

/**
 * As `usePageSearch`, for what is changed faster than the router follows: a change holds at once, the URL shows it a moment later. Always
 * without a step in the history. One component of a page calls this and hands the result to the others.
 */
export function useQuickSearch<T extends object>(): PageSearch<T> {
  const { search: inUrl, update: write } = usePageSearch<T>();
  /** What was changed here and is not in the URL yet. */
  const [ahead, setAhead] = useState<Changes<T>>({});
  const search = useMemo(() => ({ ...inUrl, ...ahead }) as T, [inUrl, ahead]);
  const update = useCallback<PageSearch<T>['update']>(
    (change) => setAhead((previous) => ({ ...previous, ...change })),
    [],
  );

  const written = useRef(ahead);

  useEffect(() => {
    const missing = missingIn(inUrl, ahead);
    if (missing === undefined) {
      if (Object.keys(ahead).length > 0) setAhead({});
      return;
    }
    if (written.current === ahead) return;
    const timer = window.setTimeout(() => {
      written.current = ahead;
      write(missing, true);
    }, WRITE_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [ahead, inUrl, write]);

  // Going back or forward is the person's last word.
  useEffect(() => {
    const giveUp = (): void => setAhead({});
    window.addEventListener('popstate', giveUp);
    return () => window.removeEventListener('popstate', giveUp);
  }, []);

  return { search, update };
}

type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The changes that the URL does not hold; undefined if it holds them all. */
export function missingIn<T extends object>(inUrl: T, ahead: Changes<T>): Changes<T> | undefined {
  const keys = (Object.keys(ahead) as (keyof T)[]).filter((key) => String(ahead[key]) !== String(inUrl[key]));
  return keys.length === 0 ? undefined : (Object.fromEntries(keys.map((key) => [key, ahead[key]])) as Changes<T>);
}
