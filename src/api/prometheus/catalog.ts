import { goQuoted } from '#base';
import { listLabels, listLabelValues, listMetadata, listSeries } from '#query/promql.ts';
import type { Answer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';
import { success } from './answers.ts';
import { badParameter, promError } from './errors.ts';
import { limitOf, plainLimitOf, rangeOf, selectorsOf } from './parameters.ts';
import { both } from './query.ts';

/** What there is to ask about: series, labels and values, metadata. */
export const catalogRoutes: readonly ApiRoute[] = [
  ...both('/api/v1/series', series),
  ...both('/api/v1/labels', labels),
  ...both('/api/v1/label/:name/values', labelValues).filter(({ method }) => method === 'GET'),
  ...both('/api/v1/metadata', metadata).filter(({ method }) => method === 'GET'),
];

const TRUNCATED = ['results truncated due to limit'];

async function series({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  if (many(query, 'match[]').length === 0) throw promError('bad_data', 'no match[] parameter provided');
  const limit = limitOf(query);
  const range = rangeOf(query);
  const selectors = selectorsOf(query, (message) => badParameter('match[]', message));
  if (range === undefined) return success([]);
  const found = await listSeries(reader, selectors, range, limit, options);
  const sets = found.series.map(({ pairs }) => Object.fromEntries(pairs));
  return success(sets, found.isCut ? TRUNCATED : []);
}

function cut(values: readonly string[], limit: number): object {
  const isCut = limit > 0 && values.length > limit;
  return success(isCut ? values.slice(0, limit) : values, isCut ? TRUNCATED : []);
}

async function labels({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = limitOf(query);
  const range = rangeOf(query);
  const selectors = selectorsOf(query);
  return range === undefined ? success([]) : cut(await listLabels(reader, selectors, range, options), limit);
}

async function labelValues({ reader, options, path }: ApiRequest, query: QueryString): Promise<Answer> {
  const name = unescaped(path.name!);
  if (name === '') throw promError('bad_data', `invalid label name: ${goQuoted(name)}`);
  const limit = limitOf(query);
  const range = rangeOf(query);
  const selectors = selectorsOf(query);
  return range === undefined ? success([]) : cut(await listLabelValues(reader, name, selectors, range, options), limit);
}

/** Names that are not of the classic letters come escaped: `U__http_2e_method`. */
function unescaped(name: string): string {
  if (!name.startsWith('U__')) return name;
  return name
    .slice(3)
    .replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (all, code: string | undefined) =>
      code === undefined ? all.slice(1) : String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    );
}

async function metadata({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = plainLimitOf(query, 'limit');
  const perMetric = plainLimitOf(query, 'limit_per_metric') || Number.POSITIVE_INFINITY;
  const found = await listMetadata(reader, one(query, 'metric'), limit, options);
  const byName = new Map<string, object[]>();
  for (const { name, ...meaning } of found) {
    const known = byName.get(name) ?? [];
    if (known.length < perMetric) byName.set(name, [...known, meaning]);
  }
  return success(Object.fromEntries(byName));
}
