/** How long the operations of some services usually take, around the time of a trace. */
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { SpanGroupsResponse } from '#api/types.ts';
import { getJson } from '../lib/api.ts';
import type { Usual } from '../lib/usual.ts';

/** What is usual is what the hour before and the ten minutes behind the trace say. */
const BEFORE_MS = 3_600_000;
const AFTER_MS = 600_000;

/** By service and name. */
export function useUsual(services: readonly string[], startMs: number): ReadonlyMap<string, Usual> {
  const range = { from: Math.floor(startMs - BEFORE_MS), to: Math.ceil(startMs + AFTER_MS) };
  const answers = useQueries({
    queries: services.map((service) => {
      const params = { ...range, service, by: 'name' };
      return {
        queryKey: ['/traces/groups', params],
        queryFn: ({ signal }: { signal: AbortSignal }) => getJson<SpanGroupsResponse>('/traces/groups', params, signal),
      };
    }),
  });
  const known = answers.map(({ data }) => data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new answer is a new object
  return useMemo(
    () =>
      new Map(
        known.flatMap((data, i) =>
          (data?.groups ?? []).map((group) => [`${services[i]}\n${group.value}`, group] as const),
        ),
      ),
    [...known, services],
  );
}
