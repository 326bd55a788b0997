import { parseDurationNs, printValue } from '#lang/filter';
import { QueryError } from '#query';
import type { QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';

/** Reading Jaeger's query parameters. All functions throw a QueryError `bad_query` that names the parameter. */

/** How Jaeger calls the service of spans whose resource names none. */
export const NO_SERVICE_NAME = 'OTLPResourceNoServiceName';

/** A service's name as the store has it, and as Jaeger shows it. */
export function storedService(name: string): string {
  return name === NO_SERVICE_NAME ? '' : name;
}
export function serviceOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : storedService(name);
}
export function shownService(name: string): string {
  return name === '' ? NO_SERVICE_NAME : name;
}

/** A whole number that is not negative. */
export function wholeNumber(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text)) throw bad(name, `expected a whole number, got "${text}"`);
  return Number(text);
}

/** A whole number of which 0 means that nothing was said. */
export function countOf(query: QueryString, name: string): number | undefined {
  return wholeNumber(query, name) || undefined;
}

/** A Go duration such as `1.2ms` or `1m30s`, in ns. */
export function goDurationNs(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const ns = text === '0' ? 0 : parseDurationNs(text);
  // Go's durations end at 2^63 ns.
  if (ns === undefined || ns >= 2 ** 63) throw bad(name, `expected a duration such as 1.2ms, got "${text}"`);
  return ns;
}

/** RFC 3339, or nanoseconds, microseconds, milliseconds or seconds since the epoch by magnitude; in ms. */
export function timeMs(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return epochMs(Number(text));
  // A plus sign of the zone arrives as a blank where the client did not escape it.
  const ms = Date.parse(text.replace(/ (\d\d:\d\d)$/, '+$1'));
  if (Number.isNaN(ms)) throw bad(name, `expected a time in RFC 3339, got "${text}"`);
  return ms;
}

/** Clients disagree about the unit: Jaeger documents microseconds, Grafana's plugin sends milliseconds for a single trace. */
export function epochMs(value: number): number {
  if (value > 1e17) return value / 1e6;
  if (value > 1e14) return value / 1e3;
  return value > 1e11 ? value : value * 1e3;
}

/** `true`, `1`, `t` and the like, as Go reads them. */
export function truth(query: QueryString, name: string): boolean {
  const text = one(query, name);
  if (text === undefined || /^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  throw bad(name, `expected true or false, got "${text}"`);
}

/** A trace id of up to 32 hex digits, filled up with zeros in front, in lower case. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) throw bad('traceID', `"${text.slice(0, 40)}" is not a trace id`);
  return text.toLowerCase().padStart(32, '0');
}

/** Tags that Jaeger makes of other fields of a span, asked as what they are made of; all others by their text. */
export function splitTags(tags: Readonly<Record<string, unknown>>): {
  readonly q: string | undefined;
  readonly tags: Record<string, string>;
} {
  const terms: string[] = [];
  const others: Record<string, string> = {};
  for (const [key, value] of Object.entries(tags)) {
    const term = termOf(key, String(value));
    if (term === undefined) others[key] = typeof value === 'object' ? JSON.stringify(value) : String(value);
    else terms.push(term);
  }
  return { q: terms.length > 0 ? terms.join(' ') : undefined, tags: others };
}

function termOf(key: string, value: string): string | undefined {
  const text = printValue({ kind: 'text', text: value, start: 0, end: 0 });
  switch (key) {
    case 'error':
      return value === 'true' ? 'status=error' : value === 'false' ? '-status=error' : undefined;
    case 'otel.status_code':
      return /^(OK|ERROR)$/i.test(value) ? `status=${value.toLowerCase()}` : undefined;
    case 'span.kind':
      return /^(internal|server|client|producer|consumer)$/.test(value) ? `kind=${value}` : undefined;
    case 'otel.scope.name':
    case 'otel.library.name':
      return `scope=${text}`;
    case 'service.name':
      return `service=${printValue({ kind: 'text', text: storedService(value), start: 0, end: 0 })}`;
    default:
      return undefined;
  }
}

/** `tags={"a":"b"}` and repeated `tag=a:b`. */
export function tagsOfQuery(query: QueryString): Record<string, unknown> {
  const tags: Record<string, unknown> = {};
  for (const tag of many(query, 'tag')) {
    const colon = tag.indexOf(':');
    if (colon <= 0) throw bad('tag', `expected key:value, got "${tag}"`);
    tags[tag.slice(0, colon)] = tag.slice(colon + 1);
  }
  for (const text of [...many(query, 'tags'), ...many(query, 'query.attributes')]) {
    if (text === '') continue;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (cause) {
      throw new QueryError(
        'bad_query',
        `malformed 'tags' parameter, cannot unmarshal JSON: ${(cause as Error).message}`,
        { cause },
      );
    }
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
      throw bad('tags', 'expected a JSON object');
    Object.assign(tags, parsed);
  }
  return tags;
}

/** `minDuration` and `maxDuration` under the names of either API. */
export function durations(
  query: QueryString,
  [minName, maxName]: readonly [string, string],
): { readonly minDurationNs: number | undefined; readonly maxDurationNs: number | undefined } {
  const [minDurationNs, maxDurationNs] = [goDurationNs(query, minName), goDurationNs(query, maxName)];
  if (minDurationNs !== undefined && maxDurationNs !== undefined && minDurationNs > maxDurationNs) {
    throw bad(maxName, `'${maxName}' should be greater than '${minName}'`);
  }
  return { minDurationNs, maxDurationNs };
}

export function bad(name: string, message: string): QueryError {
  return new QueryError('bad_query', `unable to parse param '${name}': ${message}`);
}
