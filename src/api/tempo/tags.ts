import { isSeriesQuery } from '#lang/filter';
import { parseTraceql, parseTraceqlField, TraceqlError } from '#lang/traceql';
import { listTraceTags, type ReadOptions, type StoreReader, type TraceTags } from '#query';
import { type FoundValue, listTraceqlValues, matchingSpans } from '#query/traceql.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';
import { bad, countOf, type NsRange, rangeOf } from './parameters.ts';
import { fieldName } from './tags-query.ts';

/** What there is to ask for: names of attributes by scope, and their values. */

const DAY_MS = 86_400_000;
const DEFAULT_LIMIT = 5000;
const MAX_LIMIT = 100_000;

/** Under both of their names, as Tempo lists them. */
const INTRINSICS: readonly string[] = [
  'duration',
  'event:name',
  'event:timeSinceStart',
  'instrumentation:name',
  'instrumentation:version',
  'kind',
  'link:spanID',
  'link:traceID',
  'name',
  'rootName',
  'rootServiceName',
  'span:childCount',
  'span:duration',
  'span:id',
  'span:kind',
  'span:name',
  'span:parentID',
  'span:status',
  'span:statusMessage',
  'status',
  'statusMessage',
  'trace:duration',
  'trace:id',
  'trace:rootName',
  'trace:rootService',
  'traceDuration',
];
const SCOPES = ['resource', 'span', 'event', 'link', 'instrumentation', 'intrinsic'] as const;
type Scope = (typeof SCOPES)[number];

export const tagRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/api/search/tags',
    answer: async ({ reader, query, options }) => {
      const scopes = await listTags(reader, askedTags(query), options);
      return { tagNames: plainTags(scopes), metrics: {} };
    },
  },
  {
    method: 'GET',
    path: '/api/v2/search/tags',
    answer: async ({ reader, query, options }) => ({
      scopes: await listTags(reader, askedTags(query), options),
      metrics: {},
    }),
  },
  {
    method: 'GET',
    path: '/api/search/tag/:name/values',
    answer: async (request) => {
      const values = await listValues(request.reader, askedValues(request), request.options);
      // Without its type a value may be there twice.
      return { tagValues: [...new Set(values.map(({ value }) => value))].sort(), metrics: {} };
    },
  },
  {
    method: 'GET',
    path: '/api/v2/search/tag/:name/values',
    answer: async (request) => ({
      tagValues: await listValues(request.reader, askedValues(request), request.options),
      metrics: {},
    }),
  },
];

export interface AskedTags extends NsRange {
  /** Undefined: all but the intrinsics of old; see `plainTags`. */
  readonly scope: string | undefined;
  /** Text of a filter, which may be unfinished: only tags of spans that it finds. */
  readonly filter: string;
  readonly limit: number;
}

export interface AskedValues extends NsRange {
  readonly name: string;
  /** Text of a filter, which may be unfinished. */
  readonly filter: string;
  readonly limit: number;
}

export interface TagScope {
  readonly name: Scope;
  readonly tags: readonly string[];
}

export function limitOf(limit: number | undefined): number {
  return Math.min(limit || DEFAULT_LIMIT, MAX_LIMIT);
}

export { DAY_MS as TAGS_DEFAULT_MS };

function askedTags(query: QueryString): AskedTags {
  const limit = one(query, 'limit') === '0' ? undefined : countOf(query, 'limit');
  return {
    ...rangeOf(query, DAY_MS),
    scope: one(query, 'scope'),
    filter: one(query, 'q') ?? '',
    limit: limitOf(limit),
  };
}

function askedValues({ query, path }: ApiRequest): AskedValues {
  const limit = one(query, 'limit') === '0' ? undefined : countOf(query, 'limit');
  const own = { name: path['name']!, filter: one(query, 'q') ?? '', limit: limitOf(limit) };
  return { ...rangeOf(query, DAY_MS), ...own };
}

/** Those of each scope that has any, at most `limit` a scope. */
export async function listTags(
  reader: StoreReader,
  { scope, filter, limit, ...range }: AskedTags,
  options: ReadOptions,
): Promise<readonly TagScope[]> {
  if (scope !== undefined && scope !== 'none' && !SCOPES.includes(scope as Scope))
    throw bad(`invalid scope: ${scope.slice(0, 80)}`);
  const isAll = scope === undefined || scope === 'none';
  const query = usableFilter(filter);
  const asked = { ...msRange(range), limit };
  const matching =
    query === '' || isSeriesQuery(query, 'traces') || scope === 'intrinsic'
      ? undefined
      : await matchingSpans(reader, query, asked, options);
  const found: TraceTags =
    scope === 'intrinsic' ? NO_TAGS : await listTraceTags(reader, { ...asked, matching }, options);
  return SCOPES.filter((name) => isAll || name === scope).flatMap((name) => {
    const tags = name === 'intrinsic' ? INTRINSICS : found[name];
    return tags.length === 0 ? [] : [{ name, tags: tags.slice(0, limit) }];
  });
}

const NO_TAGS: TraceTags = { resource: [], span: [], event: [], link: [], instrumentation: [] };

/** The names without their scopes. */
export function plainTags(scopes: readonly TagScope[]): readonly string[] {
  return [...new Set(scopes.flatMap(({ tags }) => tags))].sort();
}

function msRange({ startNs, endNs }: NsRange): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: Number(startNs / 1_000_000n), toMs: Number((endNs + 999_999n) / 1_000_000n) };
}

export function listValues(
  reader: StoreReader,
  { name, filter, ...asked }: AskedValues,
  options: ReadOptions,
): Promise<readonly FoundValue[]> {
  return listTraceqlValues(reader, { ...asked, attribute: attributeOf(name), query: usableFilter(filter) }, options);
}

/** `resource.service.name` and `name` as they are; a bare `service.name` may stand anywhere. */
function attributeOf(name: string): string {
  if (isField(name)) return name;
  const unscoped = `.${fieldName(name)}`;
  if (isField(unscoped)) return unscoped;
  throw bad(`invalid tag name: ${JSON.stringify(name.slice(0, 80))}`);
}

function isField(text: string): boolean {
  return isRead(() => parseTraceqlField(text));
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof TraceqlError) return false;
    throw error;
  }
}

/** As much of a filter as is finished: who types one wants values all the same. Empty where nothing can be used. */
function usableFilter(filter: string): string {
  const text = filter.trim();
  if (text === '' || isRead(() => parseTraceql(text))) return text;
  const inside = /^\{([^{}]*)\}?$/.exec(text)?.[1];
  const parts =
    inside?.split('&&').filter((part) => part.trim() !== '' && isRead(() => parseTraceql(`{ ${part} }`))) ?? [];
  return parts.length === 0 ? '' : `{ ${parts.map((part) => part.trim()).join(' && ')} }`;
}
