/** Where things lead: one place that knows which parameters another page reads. For `navigate` and `Link`. */
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { printPathPart } from '#base/path-part.ts';
import { useConsoleSearch } from './page-search.ts';
import { type ConsoleSearch, keepScope } from './search.ts';

export type Target = { readonly search: ConsoleSearch } & (
  | { readonly to: '/services' | '/traces' | '/logs' | '/metrics' | '/tap' | '/ottl' }
  | { readonly to: '/services/$service'; readonly params: { readonly service: string } }
  | { readonly to: '/traces/$traceId'; readonly params: { readonly traceId: string } }
);

export interface Links {
  readonly services: () => Target;
  readonly service: (name: string, search?: ConsoleSearch) => Target;
  readonly traces: (search?: ConsoleSearch) => Target;
  readonly trace: (traceId: string, search?: ConsoleSearch) => Target;
  readonly logs: (search?: ConsoleSearch) => Target;
  readonly metrics: (search?: ConsoleSearch) => Target;
  readonly tap: (search?: ConsoleSearch) => Target;
  readonly ottl: (search?: ConsoleSearch) => Target;
  readonly go: (target: Target, inNewTab?: boolean) => void;
}

/** Links that keep the scope of the page they are on. */
export function useLinks(): Links {
  const search = useConsoleSearch();
  const navigate = useNavigate();
  return useMemo(() => {
    const scope = keepScope(search);
    return {
      services: () => ({ to: '/services', search: scope }),
      service: (name, more) => ({
        to: '/services/$service',
        params: { service: printPathPart(name) },
        search: { ...scope, ...more },
      }),
      traces: (more) => ({ to: '/traces', search: { ...scope, ...more } }),
      trace: (traceId, more) => ({
        to: '/traces/$traceId',
        params: { traceId: printPathPart(traceId) },
        search: { ...scope, ...more },
      }),
      logs: (more) => ({ to: '/logs', search: { ...scope, ...more } }),
      metrics: (more) => ({ to: '/metrics', search: { ...scope, ...more } }),
      tap: (more) => ({ to: '/tap', search: { ...scope, ...more } }),
      ottl: (more) => ({ to: '/ottl', search: { ...scope, ...more } }),
      go: (target, inNewTab = false) => {
        void navigate({ ...target, ...(inNewTab ? { target: '_blank' } : {}) });
      },
    };
  }, [search, navigate]);
}
