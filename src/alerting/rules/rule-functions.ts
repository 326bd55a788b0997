import {
  ANY,
  escapeQuery,
  GoDuration,
  type GoFunctions,
  type GoType,
  type GoValue,
  STRING,
  type StringMap,
} from '#lang/go-template';
import { Pattern, readTemplate } from '#lang/pattern';
import { parsePromDuration } from '#lang/promql';
import {
  floatOf,
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  timeOf,
} from '../templates/humanize.ts';

/** The functions that templates of rules have (prometheus/template/template.go of 3.16). */

/** One series of a query's result. */
export class TemplateSample {
  static readonly goType = '*template.sample';
  readonly Labels: StringMap;
  /** A double, or a histogram that prints itself. */
  readonly Value: GoValue;

  constructor(labels: StringMap, value: GoValue) {
    this.Labels = labels;
    this.Value = value;
  }
}

const SAMPLE: GoType = {
  name: '*template.sample',
  isNillable: true,
  accepts: (value) => value instanceof TemplateSample,
};
const RESULT: GoType = {
  name: 'template.queryResult',
  isNillable: true,
  accepts: (value) => Array.isArray(value) && value.every((each) => each instanceof TemplateSample),
};

export interface FunctionSettings {
  /** The result of a query at the time of the evaluation. */
  readonly query: (text: string) => readonly TemplateSample[];
  /** The time of the evaluation. */
  readonly timeMs: number;
  readonly externalUrl: string;
}

export function ruleFunctions({ query, timeMs, externalUrl }: FunctionSettings): GoFunctions {
  const text = (call: (value: string) => GoValue): GoFunctions[string] => ({ params: [STRING], call });
  const any = (call: (value: GoValue) => GoValue): GoFunctions[string] => ({ params: [ANY], call });
  const none = (call: () => GoValue): GoFunctions[string] => ({ params: [], call });
  return {
    query: text(query),
    first: {
      params: [RESULT],
      call: (result: readonly TemplateSample[] | null) => {
        const [first] = result ?? [];
        if (first === undefined) throw new Error('first() called on vector with no elements');
        return first;
      },
    },
    label: { params: [STRING, SAMPLE], call: (name: string, sample: TemplateSample | null) => labelOf(sample, name) },
    value: { params: [SAMPLE], call: (sample: TemplateSample | null) => present(sample).Value },
    strvalue: { params: [SAMPLE], call: (sample: TemplateSample | null) => labelOf(sample, '__value__') },
    args: {
      params: [],
      rest: ANY,
      call: (...values: GoValue[]) => new Map(values.map((value, at) => [`arg${at}`, value])),
    },
    reReplaceAll: {
      params: [STRING, STRING, STRING],
      call: (pattern: string, by: string, subject: string) => patternOf(pattern).replaceAll(subject, readTemplate(by)),
    },
    match: { params: [STRING, STRING], call: (pattern: string, subject: string) => patternOf(pattern).test(subject) },
    safeHtml: text((value) => value),
    title: text(titled),
    toUpper: text((value) => value.toUpperCase()),
    toLower: text((value) => value.toLowerCase()),
    graphLink: text((expression) => `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=0`),
    tableLink: text(tableLink),
    sortByLabel: {
      params: [STRING, RESULT],
      call: (name: string, result: readonly TemplateSample[] | null) =>
        [...(result ?? [])].sort((a, b) => order(labelOf(a, name), labelOf(b, name))),
    },
    stripPort: text((hostPort) => splitHostPort(hostPort)?.host ?? hostPort),
    stripDomain: text(withoutDomain),
    humanize: any(humanize),
    humanize1024: any(humanize1024),
    humanizeDuration: any(humanizeDuration),
    humanizePercentage: any(humanizePercentage),
    humanizeTimestamp: any(humanizeTimestamp),
    toTime: any((value) => timeOf(floatOf(value))),
    toDuration: any((value) => new GoDuration(BigInt(Math.trunc(floatOf(value) * 1e9)))),
    now: none(() => timeMs / 1000),
    pathPrefix: none(() => pathOf(externalUrl)),
    externalURL: none(() => externalUrl),
    parseDuration: text(parsedDuration),
    urlQueryEscape: text(escapeQuery),
  };
}

/** Where an expression is shown as a table, below the external address. */
export function tableLink(expression: string): string {
  return `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=1`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function present(sample: TemplateSample | null): TemplateSample {
  if (sample === null) throw new Error('runtime error: invalid memory address or nil pointer dereference');
  return sample;
}

function labelOf(sample: TemplateSample | null, name: string): string {
  return present(sample).Labels.get(name) ?? '';
}

/** Patterns come from rule files, each a few: the last ones stay compiled. */
const PATTERNS = new Map<string, Pattern>();
const PATTERNS_MAX = 200;

function patternOf(source: string): Pattern {
  let pattern = PATTERNS.get(source);
  if (pattern === undefined) {
    pattern = new Pattern(source);
    if (PATTERNS.size >= PATTERNS_MAX) PATTERNS.clear();
    PATTERNS.set(source, pattern);
  }
  return pattern;
}

/** The first letter of each word is a capital one. A word goes on behind an apostrophe, a dot or a colon between letters. */
const WORD = /[\p{L}\p{M}\p{N}_]+(?:(?<=\p{L})['.:·’‘․](?=\p{L})[\p{L}\p{M}\p{N}_]+)*/gu;

function titled(text: string): string {
  return text.replace(WORD, (word) => word.replace(/\p{L}/u, (letter) => letter.toUpperCase()));
}

function parsedDuration(text: string): number {
  const isNegative = text.startsWith('-');
  const seconds = parsePromDuration(isNegative ? text.slice(1) : text) / 1000;
  return isNegative ? -seconds : seconds;
}

function pathOf(url: string): string {
  try {
    const { pathname } = new URL(url);
    return pathname === '/' && !url.endsWith('/') ? '' : pathname;
  } catch {
    return url.startsWith('/') ? url : '';
  }
}

/** As net.SplitHostPort; undefined where there is no port or too many colons. */
function splitHostPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text);
  return match === null ? undefined : { host: match[1] ?? match[2]!, port: match[3]! };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function withoutDomain(hostPort: string): string {
  const { host, port } = splitHostPort(hostPort) ?? { host: hostPort, port: '' };
  if (IPV4.test(host) || isIpv6(host)) return hostPort;
  const [name = ''] = host.split('.');
  return port === '' ? name : `${name}:${port}`;
}

function isIpv6(host: string): boolean {
  return host.includes(':') && URL.canParse(`http://[${host.split('%')[0]}]`);
}
