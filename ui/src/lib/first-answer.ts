/** What a page needs before anything else, asked while the console starts. */
import type { QueryClient } from '@tanstack/react-query';
import { getJson } from './api.ts';

/** An answer that comes within this time is the first thing that is drawn; for a later one the page says that it loads. */
const WORTH_WAITING_MS = 100;

/**
 * Asks for the trace if the address is that of one, so that its answer comes while React and the router start: the server has told the browser
 * to ask already (src/api/http/static.ts), and that answer is taken. Resolves when it is there, and soon in any case.
 */
export async function firstAnswer(client: QueryClient, pathname: string): Promise<void> {
  const path = /^\/traces\/[^/]+$/.exec(pathname)?.[0];
  if (path === undefined) return;
  // The key is that of `useApi`, which finds the answer, the running request or the error.
  const asked = client.prefetchQuery({ queryKey: [path, {}], queryFn: ({ signal }) => getJson(path, {}, signal) });
  const { promise: waited, resolve } = Promise.withResolvers<void>();
  window.setTimeout(resolve, WORTH_WAITING_MS);
  await Promise.race([asked, waited]);
}
