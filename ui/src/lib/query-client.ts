/** One cache for all requests. Answers are kept briefly: the back button is instant, memory stays small. */
import { QueryClient } from '@tanstack/react-query';
import type { ApiFailure } from './api.ts';

const AT_HAND_MS = 60_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Keys hold the exact range: the same key is the same answer for as long as it is at hand.
        staleTime: AT_HAND_MS,
        gcTime: AT_HAND_MS,
        refetchOnWindowFocus: false,
        networkMode: 'always',
        // Only what may pass by itself is asked again; a bad query stays bad.
        retry: (count, error) => count < 1 && ['unreachable', 'store_unavailable'].includes((error as ApiFailure).code),
        retryDelay: 700,
      },
    },
  });
}
