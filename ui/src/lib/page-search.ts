/** The search parameters of a page and the one way to change them. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

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
