/** What a page's address holds, and the one way to change it. */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { readPathPart } from '#base/path-part.ts';
import { type ConsoleSearch, readSearch } from './search.ts';

export interface PageSearch {
  readonly search: ConsoleSearch;
  /** Merges a change into the URL. `replace` leaves no step in the history: for typing and selections. */
  readonly update: (change: ConsoleSearch, replace?: boolean) => void;
}

/** The parameters in the URL, whichever page it is of. What the root route checked, and nothing else. */
export function useConsoleSearch(): ConsoleSearch {
  return useSearch({ strict: false, select: readSearch, structuralSharing: true });
}

/** A part of the page's path: `usePathPart('service')` for `/services/$service`. */
export function usePathPart(name: string): string {
  const parts: Readonly<Record<string, unknown>> = useParams({ strict: false });
  const part = parts[name];
  return typeof part === 'string' ? readPathPart(part) : '';
}

/** The search parameters of a page and the one way to change them. */
export function usePageSearch(): PageSearch {
  const search = useConsoleSearch();
  const navigate = useNavigate();
  const update = useCallback<PageSearch['update']>(
    (change, replace = false) => {
      void navigate({ to: '.', search: (previous: object) => ({ ...previous, ...change }), replace });
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
export function useQuickSearch(): PageSearch {
  const { search: inUrl, update: write } = usePageSearch();
  /** What was changed here and is not in the URL yet. */
  const [ahead, setAhead] = useState<ConsoleSearch>({});
  const search = useMemo(() => ({ ...inUrl, ...ahead }), [inUrl, ahead]);
  const update = useCallback<PageSearch['update']>(
    (change) => setAhead((previous) => ({ ...previous, ...change })),
    [],
  );

  const written = useRef(ahead);

  useEffect(() => {
    const missing = missingIn(inUrl, ahead);
    if (missing === undefined) {
      // An effect may run late: what was changed since then is not in the URL.
      if (Object.keys(ahead).length > 0) setAhead((now) => (now === ahead ? {} : now));
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

/** The changes that the URL does not hold; undefined if it holds them all. */
function missingIn(inUrl: ConsoleSearch, ahead: ConsoleSearch): ConsoleSearch | undefined {
  const given: Readonly<Record<string, unknown>> = { ...inUrl };
  const missing = Object.entries(ahead).filter(([key, value]) => String(value) !== String(given[key]));
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}
