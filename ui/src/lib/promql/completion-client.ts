/** What the editor's completion asks of the server: names, labels and values of the page's range, each asked once in a while. */
import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { EqlRegex, EqlSingle, Neq, NeqRegex } from '@prometheus-io/lezer-promql';
import type { Params } from '../api.ts';
import { askPrometheus } from '../prometheus.ts';

interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
}
type ByName = Record<string, { type: string; help: string }[]>;
type Matchers = NonNullable<Parameters<PrometheusClient['labelValues']>[2]>;

/** New metrics are there after so long. */
const KEPT_MS = 60_000;
/** More than anybody scrolls through. */
const LIMIT = 10_000;

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export class CompletionClient implements PrometheusClient {
  readonly #span: () => TimeSpan;
  readonly #kept = new Map<string, { readonly sinceMs: number; readonly answer: Promise<unknown> }>();

  constructor(span: () => TimeSpan) {
    this.#span = span;
  }

  metricNames(): Promise<string[]> {
    return this.#list('/label/__name__/values', {});
  }

  labelNames(metric?: string): Promise<string[]> {
    return this.#list('/labels', metric ? { 'match[]': selector(metric) } : {});
  }

  labelValues(label: string, metric?: string, matchers: Matchers = []): Promise<string[]> {
    const others = matchers.filter(({ name }) => name !== label);
    const match =
      metric || others.some((matcher) => !matcher.matchesEmpty()) ? selector(metric ?? '', others) : undefined;
    return this.#list(`/label/${encodeURIComponent(escapedName(label))}/values`, { 'match[]': match });
  }

  /** One meaning for each name: where services disagree, both are said. */
  async metricMetadata(): Promise<ByName> {
    const found = (await this.#ask<Record<string, readonly Metadata[]>>('/metadata', {}, false)) ?? {};
    return Object.fromEntries(Object.entries(found).map(([name, meanings]) => [name, [meaningOf(meanings)]]));
  }

  /** Only the labels' names and values are completed. */
  series(): Promise<Map<string, string>[]> {
    return Promise.resolve([]);
  }

  flags(): Promise<Record<string, string>> {
    return Promise.resolve({});
  }

  async #list(path: string, params: Params): Promise<string[]> {
    return [...((await this.#ask<readonly string[]>(path, { ...params, limit: LIMIT })) ?? [])];
  }

  /** undefined where the server gives nothing: the page says what is wrong with it, completion is silent. */
  #ask<T>(path: string, params: Params, hasRange = true): Promise<T | undefined> {
    const key = JSON.stringify([path, params]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && Date.now() - kept.sinceMs < KEPT_MS) return kept.answer as Promise<T | undefined>;
    const { fromMs, toMs } = this.#span();
    const range = hasRange ? { start: fromMs / 1000, end: toMs / 1000 } : {};
    const answer = askPrometheus<T>(path, { ...params, ...range }).then(
      ({ data }) => data,
      () => {
        this.#kept.delete(key);
        return undefined;
      },
    );
    this.#kept.set(key, { sinceMs: Date.now(), answer });
    return answer;
  }
}

function meaningOf(meanings: readonly Metadata[]): { type: string; help: string } {
  const each = (read: (meaning: Metadata) => string | undefined): string[] => [
    ...new Set(meanings.map(read).filter((text): text is string => text !== undefined && text !== '')),
  ];
  const unit = each((meaning) => meaning.unit).join(' or ');
  const help = each((meaning) => meaning.help).join('\n');
  return {
    type: each((meaning) => meaning.type).join(' or '),
    help: unit === '' ? help : `${help}\nUnit: ${unit}`.trim(),
  };
}

const OPERATORS: Readonly<Record<number, string>> = {
  [EqlSingle]: '=',
  [EqlRegex]: '=~',
  [Neq]: '!=',
  [NeqRegex]: '!~',
};

/** `{__name__="m",a="b"}`. Matchers without a value yet are still being typed. */
function selector(metric: string, matchers: Matchers = []): string {
  const name = metric === '' ? [] : [`__name__=${JSON.stringify(metric)}`];
  const others = matchers.flatMap(({ type, name: label, value }) =>
    value === '' ? [] : [`${JSON.stringify(label)}${OPERATORS[type] ?? '='}${JSON.stringify(value)}`],
  );
  return `{${[...name, ...others].join(',')}}`;
}

/** A name in a path, as Prometheus escapes those that are not of the classic letters. */
function escapedName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  const escaped = Array.from(name, (char) =>
    char === '_' ? '__' : /[a-zA-Z0-9]/.test(char) ? char : `_${char.codePointAt(0)!.toString(16)}_`,
  );
  return `U__${escaped.join('')}`;
}
