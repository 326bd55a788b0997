/** Where things lead: one place that knows which parameters another page reads. For `navigate` and `Link`. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import {
  keepScope,
  type LogsSearch,
  type MetricsSearch,
  type ScopeSearch,
  type ServiceSearch,
  type TraceSearch,
  type TracesSearch,
} from './search.ts';

export interface Target {
  readonly to: string;
  readonly params?: Record<string, string>;
  readonly search: Record<string, unknown>;
}

export interface Links {
  readonly service: (name: string, search?: ServiceSearch) => Target;
  readonly traces: (search?: TracesSearch) => Target;
  readonly trace: (traceId: string, search?: TraceSearch) => Target;
  readonly logs: (search?: LogsSearch) => Target;
  readonly metrics: (search?: MetricsSearch) => Target;
  readonly go: (target: Target, inNewTab?: boolean) => void;
}

/** Links that keep the scope of the page they are on. */
export function useLinks(): Links {
  const search = useSearch({ strict: false }) as ScopeSearch;
  const navigate = useNavigate();
  return useMemo(() => {
    const scope = keepScope(search);
    return {
      service: (name, more) => ({ to: '/services/$service', params: { service: name }, search: { ...scope, ...more } }),
      traces: (more) => ({ to: '/traces', search: { ...scope, ...more } }),
      trace: (traceId, more) => ({ to: '/traces/$traceId', params: { traceId }, search: { ...scope, ...more } }),
      logs: (more) => ({ to: '/logs', search: { ...scope, ...more } }),
      metrics: (more) => ({ to: '/metrics', search: { ...scope, ...more } }),
      go: (target, inNewTab = false) => {
        void navigate({ ...target, ...(inNewTab ? { target: '_blank' } : {}) } as never);
      },
    };
  }, [search, navigate]);
}
