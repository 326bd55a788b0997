import { parseDurationNs, printKey, printValue } from '#lang/filter';
import { QueryError } from '#query';

/** Reading Jaeger's query parameters. All functions throw a QueryError `bad_query` that names the parameter. */

/** A query string as fastify gives it: a repeated parameter is a list. */
export type QueryString = Readonly<Record<string, string | readonly string[] | undefined>>;

export function one(query: QueryString, name: string): string | undefined {
  const value = query[name];
  const first = typeof value === 'object' ? value[0] : value;
  return first === undefined || first === '' ? undefined : first;
}

export function many(query: QueryString, name: string): readonly string[] {
  const value = query[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** A whole number that is not negative. */
export function wholeNumber(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text)) throw bad(name, `expected a whole number, got "${text}"`);
  return Number(text);
}

/** A Go duration such as `1.2ms` or `1m30s`, in ns. */
export function goDurationNs(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const ns = parseDurationNs(text);
  if (ns === undefined) throw bad(name, `expected a duration such as 1.2ms, got "${text}"`);
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

/** A trace id of up to 32 hex digits, filled up with zeros in front, in lower case. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) throw bad('traceID', `"${text.slice(0, 40)}" is not a trace id`);
  return text.toLowerCase().padStart(32, '0');
}

/**
 * Tags as a condition of the filter language. Jaeger compares tags as text; `error` and `span.kind`, which it makes of the
 * span's status and kind, are asked as such.
 */
export function filterOfTags(tags: Readonly<Record<string, unknown>>): string {
  return Object.entries(tags)
    .map(([key, value]) => {
      const text = String(value);
      if (key === 'error' && (text === 'true' || text === 'false')) return `${text === 'true' ? '' : '-'}status=error`;
      if (key === 'otel.status_code' && /^(OK|ERROR)$/i.test(text)) return `status=${text.toLowerCase()}`;
      if (key === 'span.kind' && /^(internal|server|client|producer|consumer)$/.test(text)) return `kind=${text}`;
      const isPlain = /^-?\d{1,15}(\.\d{1,10})?$/.test(text) || text === 'true' || text === 'false';
      return `${printKey(key)}=${isPlain ? text : printValue({ kind: 'text', text, start: 0, end: 0 })}`;
    })
    .join(' ');
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

export function bad(name: string, message: string): QueryError {
  return new QueryError('bad_query', `unable to parse param '${name}': ${message}`);
}
