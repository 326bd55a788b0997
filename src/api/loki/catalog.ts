/** What there is to ask about: labels and their values, series, how much, fields in lines. */
import { parseByteSize, parseStreamSelector, type StreamMatcher } from '#lang/logql';
import {
  type FoundLine,
  findStreamsIn,
  labelCardinalitiesIn,
  labelNamesIn,
  labelValuesIn,
  queryLines,
  StoredLines,
  streamVolumes,
} from '#query/logql.ts';
import { compareLabels, type Labels } from '#query/promql.ts';
import { type Answer, JSON_TYPE, TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';
import { bad } from './errors.ts';
import { fieldsOf } from './fields.ts';
import { countOf, durationOf, msOf, rangeOf } from './parameters.ts';
import { both, logsOf, statsOfLines } from './query.ts';

export const catalogRoutes: readonly ApiRoute[] = [
  ...both('/api/v1/labels', labels),
  ...both('/api/v1/label', labels),
  ...both('/api/v1/label/:name/values', labelValues),
  ...both('/api/v1/series', series),
  ...both('/api/v1/index/stats', stats),
  ...both('/api/v1/index/shards', shards),
  ...both('/api/v1/index/volume', volume),
  ...both('/api/v1/index/volume_range', volumeRange),
  ...both('/api/v1/detected_labels', detectedLabels),
  ...both('/api/v1/detected_fields', detectedFields),
  ...both('/api/v1/detected_field/:name/values', detectedFieldValues),
];

/** Where people look for labels that name no times. */
const DEFAULT_HOURS = 6;

function timesOf(query: QueryString, hours = DEFAULT_HOURS): { readonly fromMs: number; readonly toMs: number } {
  const { startNs, endNs } = rangeOf(query, hours);
  return { fromMs: msOf(startNs), toMs: msOf(endNs) };
}

function selectorOf(query: QueryString, name = 'query'): readonly StreamMatcher[] {
  return parseStreamSelector(one(query, name) ?? '');
}

async function labels({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  return { status: 'success', data: await labelNamesIn(reader, selectorOf(query), timesOf(query), options) };
}

async function labelValues({ reader, path, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const values = await labelValuesIn(reader, path.name!, selectorOf(query), timesOf(query), options);
  return { status: 'success', data: values };
}

async function series({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const selectors = [...many(query, 'match[]'), ...many(query, 'match')];
  if (selectors.length === 0) throw bad('0 matcher sets');
  const found = new Map<string, Labels>();
  for (const selector of selectors) {
    const matchers = parseStreamSelector(selector);
    for (const each of (await findStreamsIn(reader, matchers, timesOf(query), options)).values())
      found.set(each.key, each);
  }
  return {
    status: 'success',
    data: [...found.values()].sort(compareLabels).map(({ pairs }) => Object.fromEntries(pairs)),
  };
}

async function stats({ reader, options }: ApiRequest, query: QueryString): Promise<object> {
  const volumes = await streamVolumes(reader, selectorOf(query), timesOf(query), undefined, options);
  const sum = (of: 'lines' | 'bytes'): number => volumes.reduce((total, each) => total + each[of], 0);
  // A stream's lines in a range are one chunk here.
  return { streams: volumes.length, chunks: volumes.length, entries: sum('lines'), bytes: sum('bytes') };
}

/** Hashes of all streams. The store has no order of them, so all of a query is one shard. */
const ALL_STREAMS = '{"min":0,"max":18446744073709551615}';

async function shards(request: ApiRequest, query: QueryString): Promise<Answer> {
  const target = parseByteSize(one(query, 'targetBytesPerShard') ?? '');
  if (target === undefined || target <= 0) throw bad('targetBytesPerShard must be a positive value');
  const all = JSON.stringify(await stats(request, query));
  const shard = `{"bounds":${ALL_STREAMS},"stats":${all}}`;
  return new TextAnswer(
    JSON_TYPE,
    `{"shards":[${shard}],"statistics":${JSON.stringify(statsOfLines([]))},"chunkGroups":null}`,
  );
}

const MOST_VOLUMES = 100;

/** The labels of what a volume is told of: those that are asked for, else those of the selector. */
function groupOf(query: QueryString): (labels: Labels) => string {
  const targets = (one(query, 'targetLabels') ?? '').split(',').filter((name) => name !== '');
  const named = targets.length > 0 ? targets : selectorOf(query).map(({ name }) => name);
  return (labels) => JSON.stringify(labels.pairs.filter(([name]) => named.length === 0 || named.includes(name)));
}

/** Bytes by the labels that they are told of; by each label alone where that is asked for. */
function grouped(
  query: QueryString,
  volumes: readonly { readonly labels: Labels; readonly bytes: number }[],
): readonly (readonly [metric: object, bytes: number])[] {
  const totals = new Map<string, number>();
  const add = (key: string, bytes: number): void => void totals.set(key, (totals.get(key) ?? 0) + bytes);
  const aggregateBy = one(query, 'aggregateBy') ?? 'series';
  if (aggregateBy !== 'labels' && aggregateBy !== 'series') throw bad('invalid aggregation option');
  const isByLabel = aggregateBy === 'labels';
  const group = groupOf(query);
  for (const { labels, bytes } of volumes) {
    if (!isByLabel) add(group(labels), bytes);
    else for (const [name] of JSON.parse(group(labels)) as [string, string][]) add(JSON.stringify([[name, '']]), bytes);
  }
  return [...totals]
    .sort(([keyA, a], [keyB, b]) => b - a || (keyA < keyB ? -1 : 1))
    .slice(0, countOf(query, 'limit', MOST_VOLUMES))
    .map(([key, bytes]) => [Object.fromEntries(JSON.parse(key) as [string, string][]), bytes]);
}

async function volume({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const range = timesOf(query, 1);
  const volumes = await streamVolumes(reader, selectorOf(query), range, undefined, options);
  const result = grouped(query, volumes).map(([metric, bytes]) => ({
    metric,
    value: [range.toMs / 1000, String(bytes)],
  }));
  return { status: 'success', data: { resultType: 'vector', result, stats: statsOfLines([]) } };
}

async function volumeRange({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const range = timesOf(query, 1);
  const stepMs = durationOf(query, 'step') ?? Math.max(1000, (range.toMs - range.fromMs) / 250);
  if (!(stepMs > 0) || (range.toMs - range.fromMs) / stepMs > 11_000) throw bad('the step is too small for the range');
  const volumes = await streamVolumes(reader, selectorOf(query), range, stepMs, options);
  const top = new Set(grouped(query, volumes).map(([metric]) => JSON.stringify(metric)));
  const series = new Map<string, { metric: object; values: [number, string][] }>();
  const bySteps = [...Map.groupBy(volumes, ({ timeMs }) => timeMs)].sort(([a], [b]) => a - b);
  for (const [timeMs, own] of bySteps) {
    for (const [metric, bytes] of grouped(query, own)) {
      const key = JSON.stringify(metric);
      if (!top.has(key)) continue;
      const known = series.get(key) ?? { metric, values: [] };
      series.set(key, known);
      known.values.push([timeMs / 1000, String(bytes)]);
    }
  }
  return { status: 'success', data: { resultType: 'matrix', result: [...series.values()], stats: statsOfLines([]) } };
}

async function detectedLabels({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const found = await labelCardinalitiesIn(reader, selectorOf(query), timesOf(query), options);
  return { detectedLabels: found.map(({ name, values }) => ({ label: name, cardinality: values })) };
}

const SAMPLED_LINES = 100;
const MOST_FIELDS = 1_000;

async function sampled({ reader, options }: ApiRequest, query: QueryString): Promise<readonly FoundLine[]> {
  const limit = countOf(query, 'line_limit', SAMPLED_LINES, 5_000);
  const source = new StoredLines(reader, options);
  const asked = { ...logsOf(query), source, ...rangeOf(query, 1), limit, signal: options.signal };
  return queryLines({ ...asked, direction: 'backward' });
}

async function detectedFields(request: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = countOf(query, 'field_limit', countOf(query, 'limit', MOST_FIELDS));
  const fields = fieldsOf(await sampled(request, query));
  return {
    fields: fields.slice(0, limit).map(({ values, ...field }) => ({ ...field, cardinality: values.length })),
    limit,
  };
}

async function detectedFieldValues(request: ApiRequest, query: QueryString): Promise<Answer> {
  const limit = countOf(query, 'field_limit', countOf(query, 'limit', MOST_FIELDS));
  const field = fieldsOf(await sampled(request, query)).find(({ label }) => label === request.path.name);
  return { values: (field?.values ?? []).slice(0, limit), limit };
}
