/** Where things lead: one place that knows which parameters another page reads. For `navigate` and `Link`. */
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { printPathPart } from '#base/path-part.ts';
import { useConsoleSearch } from './page-search.ts';
import { type ConsoleSearch, keepScope } from './search.ts';

export type Target = { readonly search: ConsoleSearch } & (
  | {
      readonly to:
        | '/services'
        | '/map'
        | '/traces'
        | '/trace-file'
        | '/compare'
        | '/logs'
        | '/errors'
        | '/metrics'
        | '/explore'
        | '/sql'
        | '/dashboards'
        | '/alerts'
        | '/system'
        | '/tap'
        | '/ottl';
    }
  | { readonly to: '/dashboards/$uid'; readonly params: { readonly uid: string } }
  | { readonly to: '/services/$service'; readonly params: { readonly service: string } }
  | { readonly to: '/traces/$traceId'; readonly params: { readonly traceId: string } }
);

export interface Links {
  readonly services: () => Target;
  readonly service: (name: string, search?: ConsoleSearch) => Target;
  readonly map: (search?: ConsoleSearch) => Target;
  readonly traces: (search?: ConsoleSearch) => Target;
  readonly trace: (traceId: string, search?: ConsoleSearch) => Target;
  /** The trace from a file that was opened. */
  readonly traceFile: () => Target;
  /** Two traces beside each other. */
  readonly compare: (a: string, b: string) => Target;
  readonly logs: (search?: ConsoleSearch) => Target;
  readonly errors: (search?: ConsoleSearch) => Target;
  readonly metrics: (search?: ConsoleSearch) => Target;
  readonly explore: (search?: ConsoleSearch) => Target;
  readonly sql: (search?: ConsoleSearch) => Target;
  readonly dashboards: () => Target;
  readonly dashboard: (uid: string, search?: ConsoleSearch) => Target;
  readonly alerts: (search?: ConsoleSearch) => Target;
  /** The page of one rule. */
  readonly rule: (group: { readonly name: string }, rule: { readonly name: string }) => Target;
  readonly system: () => Target;
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
      map: (more) => ({ to: '/map', search: { ...scope, ...more } }),
      traces: (more) => ({ to: '/traces', search: { ...scope, ...more } }),
      trace: (traceId, more) => ({
        to: '/traces/$traceId',
        params: { traceId: printPathPart(traceId) },
        search: { ...scope, ...more },
      }),
      traceFile: () => ({ to: '/trace-file', search: scope }),
      compare: (a, b) => ({ to: '/compare', search: { ...scope, a, b } }),
      logs: (more) => ({ to: '/logs', search: { ...scope, ...more } }),
      errors: (more) => ({ to: '/errors', search: { ...scope, ...more } }),
      metrics: (more) => ({ to: '/metrics', search: { ...scope, ...more } }),
      explore: (more) => ({ to: '/explore', search: { ...scope, ...more } }),
      sql: (more) => ({ to: '/sql', search: { ...scope, ...more } }),
      dashboards: () => ({ to: '/dashboards', search: scope }),
      dashboard: (uid, more) => ({
        to: '/dashboards/$uid',
        params: { uid: printPathPart(uid) },
        search: { ...scope, ...more },
      }),
      alerts: (more) => ({ to: '/alerts', search: { ...scope, ...more } }),
      rule: (group, rule) => ({ to: '/alerts', search: { ...scope, rule: rule.name, in: group.name } }),
      system: () => ({ to: '/system', search: scope }),
      tap: (more) => ({ to: '/tap', search: { ...scope, ...more } }),
      ottl: (more) => ({ to: '/ottl', search: { ...scope, ...more } }),
      go: (target, inNewTab = false) => {
        void navigate({ ...target, ...(inNewTab ? { target: '_blank' } : {}) });
      },
    };
  }, [search, navigate]);
}
