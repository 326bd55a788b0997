/** The columns that a person chose for a list: in its address, and in this browser for the next time. */
import { useEffect, useMemo } from 'react';
import { usePageSearch } from './page-search.ts';
import { MAX_COLUMNS } from './search.ts';

const NONE: readonly string[] = [];

function storageKey(page: 'traces' | 'logs'): string {
  return `signalbox.columns.${page}`;
}

function remembered(page: 'traces' | 'logs'): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(page)) ?? '[]');
    return Array.isArray(stored) ? stored.filter((key) => typeof key === 'string').slice(0, MAX_COLUMNS) : NONE;
  } catch {
    return NONE;
  }
}

function remember(page: 'traces' | 'logs', columns: readonly string[]): void {
  try {
    localStorage.setItem(storageKey(page), JSON.stringify(columns));
  } catch {
    // Storage may be forbidden or full; they are in the address then, and nowhere else.
  }
}

/** An address without columns gets the ones of the last time. */
export function useChosenColumns(page: 'traces' | 'logs'): {
  readonly columns: readonly string[];
  readonly choose: (columns: readonly string[]) => void;
} {
  const { search, update } = usePageSearch();
  const { columns: inUrl } = search;
  useEffect(() => {
    const kept = remembered(page);
    if (inUrl === undefined && kept.length > 0) update({ columns: kept }, true);
  }, [page, inUrl, update]);
  return useMemo(
    () => ({
      columns: inUrl ?? NONE,
      choose: (columns) => {
        remember(page, columns);
        update({ columns: columns.length > 0 ? columns : undefined }, true);
      },
    }),
    [page, inUrl, update],
  );
}
