import { randomUUID } from 'node:crypto';
import { type SavedSearch, type SavedSearches, SearchesFull, type SearchToSave } from '#api';
import type { DocumentStore } from '#store';

const KIND = 'saved_search';
const SEARCHES_LIMIT = 500;

export interface StoredSearchesOptions {
  readonly documents: Pick<DocumentStore, 'list' | 'put' | 'remove' | 'mayWrite'>;
  /** The calendar. */
  readonly nowMs: () => number;
}

type SearchBody = Omit<SavedSearch, 'id'>;

/** Searches that people saved in the console, in the store's documents: a document each, by its id. */
export class StoredSearches implements SavedSearches {
  readonly #options: StoredSearchesOptions;
  #mayWrite: boolean | undefined;

  constructor(options: StoredSearchesOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly SavedSearch[]> {
    const documents = await this.#options.documents.list(KIND);
    return documents
      .map(({ key, body }): SavedSearch => ({ ...(body as SearchBody), id: key }))
      .toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  async refusal(): Promise<string | undefined> {
    try {
      this.#mayWrite ??= await this.#options.documents.mayWrite();
    } catch {
      // That the store is away passes; who saves then is told.
    }
    return this.#mayWrite === false ? 'this server may only read its store, so it keeps no searches' : undefined;
  }

  async save({ id: given, name, page, search, author }: SearchToSave): Promise<SavedSearch | undefined> {
    const { documents, nowMs } = this.#options;
    const known = await documents.list(KIND);
    if (given !== undefined && !known.some(({ key }) => key === given)) return undefined;
    if (given === undefined && known.length >= SEARCHES_LIMIT)
      throw new SearchesFull(`${SEARCHES_LIMIT} searches are saved already; remove some that nobody needs`);
    const id = given ?? randomUUID();
    const body: SearchBody = { name, page, search, savedMs: Math.floor(nowMs()), author };
    await documents.put(KIND, id, body);
    return { id, ...body };
  }

  async remove(id: string): Promise<boolean> {
    const { documents } = this.#options;
    if (!(await documents.list(KIND, id)).some(({ key }) => key === id)) return false;
    await documents.remove(KIND, id);
    return true;
  }
}
