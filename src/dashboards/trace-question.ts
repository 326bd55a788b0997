import { type JsonObject, objectsOf, textOf } from './json.ts';
import type { Target } from './model.ts';
import { interpolate, type Scope } from './variables/index.ts';

/** What a target of Tempo, Jaeger or Zipkin asks: one trace by its id, or those that a query in TraceQL finds. */
export type TraceQuestion =
  | { readonly kind: 'trace'; readonly text: string; readonly traceId: string }
  | { readonly kind: 'search'; readonly text: string; readonly limit: number };

const DEFAULT_LIMIT = 20;
const MOST_TRACES = 500;
const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;

/** Of whatever form of the three plug-ins a target is; undefined for one that asks for no traces, such as a service map. */
export function traceQuestionOf({ json }: Target, scope: Scope): TraceQuestion | undefined {
  const said = (name: string): string => interpolate(textOf(json[name]) ?? '', scope, 'text').trim();
  const query = said('query');
  const kind = said('queryType');
  if (kind === 'serviceMap' || kind === 'dependencyGraph' || kind === 'upload') return undefined;
  if (TRACE_ID.test(query)) return { kind: 'trace', text: query, traceId: query.toLowerCase() };
  const conditions =
    kind === 'traceqlSearch' ? objectsOf(json.filters).flatMap((each) => filterText(each, scope)) : searchTexts(said);
  const text =
    query !== '' && kind !== 'traceqlSearch' ? query : conditions.length > 0 ? `{ ${conditions.join(' && ')} }` : '';
  if (text === '') return undefined;
  const limit = typeof json.limit === 'number' && json.limit > 0 ? Math.min(json.limit, MOST_TRACES) : DEFAULT_LIMIT;
  return { kind: 'search', text, limit };
}

/** A condition of Grafana's builder for TraceQL; none where no value is chosen. */
function filterText({ tag, scope: owner, operator, value, valueType }: JsonObject, scope: Scope): string[] {
  const values = (Array.isArray(value) ? value : [value])
    .map((each) => interpolate(typeof each === 'string' ? each : '', scope, 'text'))
    .filter((each) => each !== '');
  if (typeof tag !== 'string' || tag === '' || values.length === 0) return [];
  const name = owner === 'intrinsic' ? tag : `${typeof owner === 'string' && owner !== 'unscoped' ? owner : ''}.${tag}`;
  const sign = typeof operator === 'string' && /^(?:=|!=|=~|!~|<|<=|>|>=)$/.test(operator) ? operator : '=';
  if (values.length > 1) return [`${name} ${sign === '!=' || sign === '!~' ? '!~' : '=~'} ${quoted(values.join('|'))}`];
  const isText = valueType === undefined || valueType === 'string';
  return [`${name} ${sign} ${isText ? quoted(values[0]!) : values[0]!}`];
}

/** The fields of Jaeger's and of Tempo's old search. */
function searchTexts(said: (name: string) => string): string[] {
  const service = said('service') || said('serviceName');
  const operation = said('operation') || said('spanName');
  const tags = (said('tags') || said('search')).matchAll(/([\w.\-/]+)=("(?:[^"\\]|\\.)*"|\S+)/g);
  return [
    ...(service === '' ? [] : [`resource.service.name = ${quoted(service)}`]),
    ...(operation === '' || operation === 'all' ? [] : [`name = ${quoted(operation)}`]),
    ...Array.from(tags, ([, key = '', value = '']) => `.${key} = ${literal(value)}`),
    ...(said('minDuration') === '' ? [] : [`duration >= ${said('minDuration')}`]),
    ...(said('maxDuration') === '' ? [] : [`duration <= ${said('maxDuration')}`]),
  ];
}

function literal(value: string): string {
  return value.startsWith('"') || /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value) ? value : quoted(value);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
