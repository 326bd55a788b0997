import { messageOf } from '#base';
import { Pattern } from '#lang/pattern';
import type { LogLink, LogRecord } from '#query';
import { repairBackslashes } from './lost-backslash.ts';

/** Values stand near the beginning of a line, or are fields of its own. */
const LOOKED_AT_CHARS = 10_000;
const PATTERN_CHARS = 4_096;
/** Types of sources that hold traces. */
const TRACING = /jaeger|tempo|zipkin/;
const RAW_VALUE = /\$\{__value\.(?:raw|text)(?::[a-z]+)?\}/g;

/** One of `jsonData.derivedFields`, as Grafana's provisioning writes it. */
export interface WrittenField {
  readonly name?: unknown;
  readonly matcherRegex?: unknown;
  readonly matcherType?: unknown;
  readonly url?: unknown;
  readonly urlDisplayLabel?: unknown;
  readonly datasourceUid?: unknown;
}

/** A field that is taken out of log records, and what it leads to. */
export interface DerivedField {
  /** undefined: the record has no such field. */
  linkOf(log: LogRecord): LogLink | undefined;
}

export interface ReadField {
  readonly field: DerivedField | undefined;
  /** What is wrong with it, each with the key that it is about. */
  readonly problems: readonly string[];
}

/**
 * The field as Grafana's Loki source means it: the first group of `matcherRegex` in the line (all of the match where it has none), or with
 * `matcherType: label` the value of the label whose name it matches. With `datasourceUid` the value is the id of a trace, else `url` is an address out.
 * Patterns have RE2's syntax. Two things are mended: a pattern that has lost its backslashes, which is said, and a blank behind the colon of JSON, which
 * is taken too.
 */
export function readField(written: WrittenField, typeOf: (uid: string) => string | undefined): ReadField {
  const { matcherRegex, matcherType = 'regex', url, datasourceUid } = written;
  const refuse = (problem: string): ReadField => ({ field: undefined, problems: [problem] });
  if (typeof matcherRegex !== 'string' || matcherRegex === '') return refuse('matcherRegex: must be a pattern');
  if (matcherRegex.length > PATTERN_CHARS) return refuse(`matcherRegex: has more than ${PATTERN_CHARS} characters`);
  if (matcherType !== 'regex' && matcherType !== 'label')
    return refuse(`matcherType: is ${JSON.stringify(matcherType)}; expected regex or label`);
  const name = [written.urlDisplayLabel, written.name].find(isWord) ?? 'link';
  const { pattern: repaired, lost } = repairBackslashes(matcherRegex);
  const problems = lost.map((found) => `matcherRegex: ${found.wrong} takes one letter alone; read as ${found.meant}`);
  let pattern: Pattern;
  try {
    pattern = new Pattern(matcherType === 'regex' ? withBlanks(repaired) : repaired);
  } catch (error) {
    return refuse(`matcherRegex: ${messageOf(error)}`);
  }
  const read = matcherType === 'regex' ? inLine(pattern) : inLabels(pattern);
  if (!isWord(datasourceUid)) {
    if (!isWord(url)) return refuse('url: is missing, and datasourceUid too: it leads nowhere');
    return { field: { linkOf: (log) => outwards(name, url, read(log)) }, problems };
  }
  const type = typeOf(datasourceUid);
  // What nobody describes is taken for traces: that is what fields are made for.
  if (type !== undefined && !TRACING.test(type))
    return refuse(`datasourceUid: ${datasourceUid} is of type ${type}; fields lead to traces or to a url`);
  return { field: { linkOf: (log) => toTrace(name, read(log)) }, problems };
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** The same also where JSON has a blank behind the colon. */
function withBlanks(pattern: string): string {
  return pattern.replaceAll('":"', '":\\s*"');
}

function inLine(pattern: Pattern): (log: LogRecord) => string | undefined {
  return ({ body }) => {
    const line = (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, LOOKED_AT_CHARS);
    return groupIn(line, pattern);
  };
}

/** The first group that took part; Grafana takes the first there is. */
function groupIn(text: string, pattern: Pattern): string | undefined {
  const places = pattern.find(text);
  if (places === undefined) return undefined;
  const group = places.length > 2 ? 2 : 0;
  const start = places[group]!;
  return start < 0 ? undefined : text.slice(start, places[group + 1]!);
}

/** Names as they were sent, and as Loki has them: `trace.id` is `trace_id`, too. */
function inLabels(pattern: Pattern): (log: LogRecord) => string | undefined {
  return ({ parsed, attributes, resource }) => {
    for (const labels of [parsed ?? {}, attributes, resource]) {
      for (const [name, value] of Object.entries(labels)) {
        if (typeof value !== 'string' || value === '') continue;
        if (pattern.test(name) || pattern.test(name.replace(/[^a-zA-Z0-9_]/g, '_'))) return value;
      }
    }
    return undefined;
  };
}

/** An id of 64 or 128 bits in hex; one of zeros is none. */
function toTrace(name: string, value: string | undefined): LogLink | undefined {
  if (value === undefined || !/^(?:[0-9a-fA-F]{16}){1,2}$/.test(value) || /^0+$/.test(value)) return undefined;
  return { name, traceId: value.toLowerCase().padStart(32, '0') };
}

/** Of http and https alone: what a log line says must not run anything. */
function outwards(name: string, url: string, value: string | undefined): LogLink | undefined {
  if (value === undefined || value === '') return undefined;
  // A value that begins the address is the address; elsewhere it is a part of it.
  const filled = url.replace(RAW_VALUE, (_, at: number) => (at === 0 ? value : encodeURIComponent(value)));
  if (!URL.canParse(filled)) return undefined;
  const { protocol, href } = new URL(filled);
  return protocol === 'http:' || protocol === 'https:' ? { name, url: href } : undefined;
}
