/** Saved searches as the server keeps them, in memory. */
import type { SavedSearch, SearchesResponse } from '#api/types.ts';
import type { MockAnswer } from './dashboard-shelf.ts';

export class MockSearches {
  readonly #saved = new Map<string, SavedSearch>();
  #count = 0;
  #refusal: string | undefined;

  constructor() {
    for (const [name, page, search] of [
      ['Failed checkouts', 'traces', 'q=http.route=/api/checkout status=error&range=1h'],
      [
        'Refused payments, with their logs',
        'explore',
        'one=traces&one.q=service=payments status=error&two=logs&two.q=service=payments',
      ],
    ] as const)
      this.#keep({ id: '', name, page, search, savedMs: 1_760_000_000_000, author: '' });
  }

  /** As a server that may only read its store. */
  refuse(refusal: string | undefined): void {
    this.#refusal = refusal;
  }

  list(): SearchesResponse {
    const searches = [...this.#saved.values()].toSorted((a, b) => a.name.localeCompare(b.name));
    return { searches, ...(this.#refusal === undefined ? {} : { saveRefusal: this.#refusal }) };
  }

  /** `id`: of the path, for DELETE. */
  change(method: string, id: string | undefined, body: string): MockAnswer {
    if (this.#refusal !== undefined)
      return { status: 503, body: { error: { code: 'unavailable', message: this.#refusal } } };
    if (method === 'DELETE') {
      this.#saved.delete(id ?? '');
      return { status: 200, body: { id } };
    }
    const given = JSON.parse(body) as Partial<SavedSearch> & Pick<SavedSearch, 'name' | 'page' | 'search'>;
    return { status: 200, body: this.#keep({ id: '', author: '', ...given, savedMs: Date.now() }) };
  }

  #keep(search: SavedSearch): SavedSearch {
    const id = search.id || `search-${++this.#count}`;
    const kept = { ...search, id };
    this.#saved.set(id, kept);
    return kept;
  }
}
