import { messageOf } from '#base';
import { QueryError } from '#query';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest } from '../http/plugin.ts';
import { type SavedSearch, type SavedSearches, SearchesFull, type SearchPage, type SearchToSave } from '../searches.ts';
import { type ConsoleRequest, consoleRequest } from './request.ts';
import type { SearchesResponse, SearchRemoved } from './types.ts';

const PAGES: readonly SearchPage[] = ['traces', 'logs', 'metrics', 'explore', 'sql', 'map'];
const NAME_CHARS = 120;
const SEARCH_CHARS = 16_384;
const KEEPS_NONE = 'this server keeps no searches';

/** GET /api/console/searches */
export function searchesRoute(needs: ApiNeeds): (request: ConsoleRequest) => Promise<SearchesResponse> {
  return async ({ reader }) => {
    const searches = needs.searches?.of(reader.tenant);
    const saveRefusal = searches === undefined ? KEEPS_NONE : await searches.refusal();
    const list = searches === undefined ? [] : await asked(() => searches.list());
    return { searches: list, ...(saveRefusal !== undefined && { saveRefusal }) };
  };
}

/** POST /api/console/searches : saves a search, or renames and replaces the one with the id that is given. */
export function saveSearchRoute(needs: ApiNeeds): (request: ApiRequest) => Promise<SavedSearch> {
  return async ({ body, reader, principal }) => {
    const wanted = { ...searchOf(body), author: principal.name };
    const searches = await writableIn(needs, reader.tenant);
    const saved = await asked(() => searches.save(wanted));
    if (saved === undefined) throw nothingCalled(wanted.id);
    return saved;
  };
}

/** DELETE /api/console/searches/:id */
export function removeSearchRoute(needs: ApiNeeds): (request: ApiRequest) => Promise<SearchRemoved> {
  return async (request) => {
    const { id = '' } = consoleRequest(request).path;
    const searches = await writableIn(needs, request.reader.tenant);
    if (!(await asked(() => searches.remove(id)))) throw nothingCalled(id);
    return { id };
  };
}

async function writableIn({ searches }: ApiNeeds, tenant: string): Promise<SavedSearches> {
  const own = searches?.of(tenant);
  const refusal = own === undefined ? KEEPS_NONE : await own.refusal();
  if (own === undefined || refusal !== undefined) throw new AnswerError(503, 'unavailable', refusal ?? KEEPS_NONE);
  return own;
}

/** What the store has against it, in words. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SearchesFull) throw new QueryError('too_large', error.message);
    throw new AnswerError(503, 'store_unavailable', `saved searches can't be reached: ${messageOf(error)}`);
  }
}

function nothingCalled(id: string | undefined): AnswerError {
  return new AnswerError(404, 'not_found', `there is no saved search with the id ${id ?? ''}`);
}

function searchOf(body: Buffer): Omit<SearchToSave, 'author'> {
  let question: { readonly [name: string]: unknown } | null;
  try {
    question = JSON.parse(body.toString('utf8')) as typeof question;
  } catch {
    throw new QueryError('bad_query', 'the body is not JSON');
  }
  const { id, name, page, search } = question ?? {};
  if (id !== undefined && (typeof id !== 'string' || id === ''))
    throw new QueryError('bad_query', 'id: expected a text');
  if (typeof name !== 'string' || name.trim() === '') throw new QueryError('bad_query', 'name: expected a text');
  if (name.length > NAME_CHARS) throw new QueryError('too_large', `name: has at most ${NAME_CHARS} characters`);
  const known = PAGES.find((one) => one === page);
  if (known === undefined) throw new QueryError('bad_query', `page: expected one of ${PAGES.join(', ')}`);
  if (typeof search !== 'string')
    throw new QueryError('bad_query', 'search: expected the parameters of an address as a text');
  if (search.length > SEARCH_CHARS) throw new QueryError('too_large', `search: has at most ${SEARCH_CHARS} characters`);
  return { id, name: name.trim(), page: known, search: search.replace(/^\?/, '') };
}
