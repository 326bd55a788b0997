import { goQuoted, messageOf } from '#base';
import { parseMetricSelector } from '#lang/promql';
import { TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiRoute, QueryString } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';
import { success } from './answers.ts';
import { badParameter, promError } from './errors.ts';
import { featuresOf, HTTP_PROMQL } from './features.ts';
import { plainLimitOf } from './parameters.ts';

/** What a Prometheus says of itself, as far as clients ask for it. */
export function statusRoutes(
  version: string,
  takesMetrics: boolean,
  alertmanagers: readonly string[],
): readonly ApiRoute[] {
  const startedMs = Date.now();
  return [
    get('/api/v1/status/buildinfo', () =>
      success({
        // The version whose language and API these are: clients choose by it what they may ask.
        version: '3.16.0',
        revision: `signalbox-${version}`,
        branch: 'HEAD',
        buildUser: 'signalbox',
        buildDate: '',
        goVersion: '',
      }),
    ),
    get('/api/v1/status/runtimeinfo', () =>
      success({
        startTime: new Date(startedMs).toISOString(),
        CWD: '',
        reloadConfigSuccess: true,
        storageRetention: '',
      }),
    ),
    get('/api/v1/status/config', () => success({ yaml: '' })),
    get('/api/v1/status/flags', () => success({})),
    // Targets are no part of this server: there are none.
    get('/api/v1/targets', ({ query }) => success(targets((one(query, 'state') ?? '').toLowerCase()))),
    get('/api/v1/scrape_pools', () => success({ scrapePools: [] })),
    get('/api/v1/scrape_pools/config', ({ query }) => {
      throw noScrapePool(query);
    }),
    get('/api/v1/targets/metadata', ({ query }) => success(targetMetadata(query))),
    get('/api/v1/targets/relabel_steps', ({ query }) => {
      if (one(query, 'scrapePool') !== undefined && one(query, 'labels') === undefined)
        throw promError('bad_data', 'no labels parameter provided');
      throw noScrapePool(query);
    }),
    get('/api/v1/notifications', () => success([])),
    get('/api/v1/features', () => success(featuresOf(takesMetrics, HTTP_PROMQL))),
    // Of a Prometheus' own storage there is nothing here.
    get('/api/v1/status/tsdb/blocks', () => success({ blocks: [] })),
    get('/api/v1/status/walreplay', () => success({ min: 0, max: 0, current: 0 })),
    ...['delete_series', 'clean_tombstones', 'snapshot'].flatMap((name) => [
      post(`/api/v1/admin/tsdb/${name}`, disabled('admin APIs disabled')),
      put(`/api/v1/admin/tsdb/${name}`, disabled('admin APIs disabled')),
    ]),
    ...['metric_names', 'label_names', 'label_values'].flatMap((name) => [
      get(`/api/v1/search/${name}`, disabled('search API disabled')),
      post(`/api/v1/search/${name}`, disabled('search API disabled')),
    ]),
    ...['reload', 'quit'].map((name) => post(`/-/${name}`, () => plain('Lifecycle API is not enabled.', 403))),
    get('/api/v1/alertmanagers', () =>
      success({ activeAlertmanagers: alertmanagers.map((url) => ({ url })), droppedAlertmanagers: [] }),
    ),
    // At the root they are the server's own.
    { ...get('/-/healthy', () => plain('Prometheus Server is Healthy.\n')), isBelowFirst: true },
    { ...get('/-/ready', () => plain('Prometheus Server is Ready.\n')), isBelowFirst: true },
  ];
}

/** There are none, and a Prometheus counts those that it dropped only where they are asked for. */
function targets(state: string): object {
  const hasDropped = state === '' || state === 'any' || state === 'dropped';
  return { activeTargets: [], droppedTargets: [], droppedTargetCounts: hasDropped ? {} : null };
}

function targetMetadata(query: QueryString): readonly object[] {
  plainLimitOf(query, 'limit');
  const selector = one(query, 'match_target');
  if (selector === undefined) return [];
  try {
    parseMetricSelector(selector);
  } catch (error) {
    throw badParameter('match_target', messageOf(error));
  }
  return [];
}

function noScrapePool(query: QueryString): AnswerError {
  const name = one(query, 'scrapePool');
  if (name === undefined) return promError('bad_data', 'no scrapePool parameter provided');
  return promError('bad_data', `error retrieving scrape config: scrape pool ${goQuoted(name)} not found`);
}

function plain(text: string, status = 200): TextAnswer {
  return new TextAnswer('text/plain; charset=utf-8', text, { status });
}

/** What a Prometheus answers that was not told to have it. */
function disabled(message: string): ApiRoute['answer'] {
  return () => {
    throw new AnswerError(500, 'unavailable', message);
  };
}

function post(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'POST', path, answer };
}

function put(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'PUT', path, answer };
}

function get(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path, answer };
}
