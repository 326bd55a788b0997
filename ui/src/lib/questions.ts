/** The first question of each page: what its page asks when it is drawn, and what is asked before that where it is the first page (`first-answer.ts`). */
import { readPathPart } from '#base/path-part.ts';
import { isSeriesQuery } from '#lang/filter';
import { apiPath, type Params } from './api.ts';
import { asksInPromql, type ConsoleSearch, traceSort } from './search.ts';

export interface Question {
  readonly path: string;
  readonly params: Params;
}

/** The scope of a page as parameters of a request. */
export type ScopeParams = {
  readonly from: number;
  readonly to: number;
  readonly environment: string | undefined;
};

/** A list of traces is cut here. */
const TRACE_LIMIT = 1000;
/** So many records come at a time. */
const LOG_PAGE = 400;

export const servicesQuestion = (scope: ScopeParams): Question => ({ path: '/services', params: scope });

export const serviceQuestion = (service: string, { operation }: ConsoleSearch, scope: ScopeParams): Question => ({
  path: apiPath('services', service),
  params: { ...scope, operation },
});

export const errorsQuestion = ({ service }: ConsoleSearch, scope: ScopeParams): Question => ({
  path: '/errors',
  params: { ...scope, service },
});

export const mapQuestion = (scope: ScopeParams): Question => ({ path: '/map', params: scope });

/** What a trace has to be like, without how many are wanted in which order. */
export const traceFilter = (search: ConsoleSearch, scope: ScopeParams): Params => ({
  ...scope,
  q: search.q,
  service: search.service,
  operation: search.operation,
  minDurationNs: search.min,
  maxDurationNs: search.max,
  status: search.status,
});

export const tracesQuestion = (search: ConsoleSearch, scope: ScopeParams): Question => ({
  path: '/traces',
  params: {
    ...traceFilter(search, scope),
    sort: traceSort(search),
    limit: TRACE_LIMIT,
    columns: search.columns?.join(','),
  },
});

export const traceQuestion = (traceId: string): Question => ({ path: apiPath('traces', traceId), params: {} });

/** What a log record has to be like, within a scope. */
export const logFilter = ({ q, service, severity, trace }: ConsoleSearch): Params => ({
  q,
  service,
  severity: severity?.join(','),
  traceId: trace,
});

export const logsQuestion = (filter: Params, scope: ScopeParams): Question => ({
  path: '/logs',
  params: { ...scope, ...filter, limit: LOG_PAGE },
});

export const metricsQuestion = ({ own }: ConsoleSearch, scope: ScopeParams): Question => ({
  path: '/metrics',
  params: { ...scope, owner: own ? 'own' : undefined },
});

export const dashboardsQuestion = (): Question => ({ path: '/dashboards', params: {} });

export const dashboardQuestion = (uid: string): Question => ({ path: apiPath('dashboards', uid), params: {} });

export const systemQuestion = ({ from, to }: ScopeParams): Question => ({ path: '/system', params: { from, to } });

/** What the page at an address asks first; undefined where that is nothing, or is not asked before the page is there. */
export function firstQuestion(pathname: string, search: ConsoleSearch, scope: ScopeParams): Question | undefined {
  const [, section, name, ...more] = pathname.split('/');
  if (more.length > 0) return undefined;
  const part = name === undefined ? undefined : readPathPart(decodeURIComponent(name));
  switch (section) {
    case '':
      return servicesQuestion(scope);
    case 'services':
      return part ? serviceQuestion(part, search, scope) : servicesQuestion(scope);
    case 'map':
      return mapQuestion(scope);
    case 'traces':
      if (part) return traceQuestion(part);
      return isSeriesQuery(search.q ?? '', 'traces') ? undefined : tracesQuestion(search, scope);
    case 'logs':
      return isSeriesQuery(search.q ?? '', 'logs') ? undefined : logsQuestion(logFilter(search), scope);
    case 'errors':
      return errorsQuestion(search, scope);
    case 'metrics':
      return asksInPromql(search) ? undefined : metricsQuestion(search, scope);
    case 'dashboards':
      return part ? dashboardQuestion(part) : dashboardsQuestion();
    case 'system':
      return systemQuestion(scope);
    default:
      return undefined;
  }
}
