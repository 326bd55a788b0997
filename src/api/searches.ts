import type { SavedSearch } from '#query/answers.ts';

export type { SavedSearch, SearchPage } from '#query/answers.ts';

/** What is saved of a search; with an id in place of the one that has it. */
export type SearchToSave = Omit<SavedSearch, 'id' | 'savedMs'> & { readonly id?: string | undefined };

/** Searches that people save in the console, of one tenant. They are kept in the store, so that all servers have them. */
export interface SavedSearches {
  /** By name. */
  list(): Promise<readonly SavedSearch[]>;
  /** Why this server keeps none, in words; undefined where it does. */
  refusal(): Promise<string | undefined>;
  /** Resolves when it is on disk. Undefined where there is none with the id that is given. Throws a SearchesFull. */
  save(search: SearchToSave): Promise<SavedSearch | undefined>;
  /** False where there was none. */
  remove(id: string): Promise<boolean>;
}

/** As many are kept as there may be. */
export class SearchesFull extends Error {
  override name = 'SearchesFull';
}

/** Searches of each tenant. */
export interface SearchShelf {
  of(tenant: string): SavedSearches;
}
