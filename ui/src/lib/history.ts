/** The last queries of a page, kept in this browser. */

const KEPT = 20;

export function readHistory(page: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(page)) ?? '[]');
    return Array.isArray(stored) ? stored.filter((entry): entry is string => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}

/** Puts a query first; an empty one is not kept. */
export function addToHistory(page: string, query: string): void {
  if (query.trim() === '') return;
  const entries = [query, ...readHistory(page).filter((entry) => entry !== query)].slice(0, KEPT);
  try {
    localStorage.setItem(storageKey(page), JSON.stringify(entries));
  } catch {
    // Storage may be forbidden or full; there is no history then.
  }
}

function storageKey(page: string): string {
  return `signalbox.history.${page}`;
}
