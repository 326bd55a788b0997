/** Saved searches: kept by the server under a name. */
import type { SavedSearch, SearchesResponse, SearchPage, SearchRemoved } from '#api/types.ts';
import { apiPath } from '../api.ts';
import type { Target } from '../links.ts';
import { askPlain } from '../plain-api.ts';
import { parseSearch, readSearch } from '../search.ts';

const PATH = '/api/console/searches';
const PAGES: readonly SearchPage[] = ['traces', 'logs', 'metrics', 'explore', 'sql', 'map'];

export function askSearches(signal: AbortSignal): Promise<SearchesResponse> {
  return askPlain<SearchesResponse>(PATH, {}, signal);
}

/** With an id in place of the one that has it. */
export function saveSearch(
  search: Pick<SavedSearch, 'name' | 'page' | 'search'> & { readonly id?: string },
): Promise<SavedSearch> {
  return askPlain<SavedSearch>(PATH, { method: 'POST', body: search });
}

export function removeSearch({ id }: SavedSearch): Promise<SearchRemoved> {
  return askPlain<SearchRemoved>(`/api/console${apiPath('searches', id)}`, { method: 'DELETE' });
}

/** The page at a path, where its search can be saved. */
export function pageOf(pathname: string): SearchPage | undefined {
  return PAGES.find((page) => pathname === `/${page}`);
}

/** Where a saved search leads. What it says of time is kept as it was saved: relative times go on being relative. */
export function targetOf({ page, search }: SavedSearch): Target {
  return { to: `/${page}`, search: readSearch(parseSearch(search)) };
}

/** Those with all of the words in their name, page or search. */
export function matching(searches: readonly SavedSearch[], find: string): readonly SavedSearch[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return searches.filter(({ name, page, search }) => {
    const text = `${name} ${page} ${decoded(search)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What a search asks, in a line. */
export function decoded(search: string): string {
  try {
    return decodeURIComponent(search.replaceAll('+', ' '));
  } catch {
    return search;
  }
}
