import { printInterval, type QueryIntervals } from '../interval.ts';
import type { Dashboard } from '../model.ts';
import type { TimeSpan } from '../time-span.ts';
import { formatValue } from './formats.ts';
import { type Scope, type ScopeValue, verbatim } from './scope.ts';

export interface MacroContext {
  readonly dashboard: Pick<Dashboard, 'title' | 'uid'>;
  readonly time: TimeSpan;
  /** Those of the dashboard, for `$__all_variables`; asked when it is needed. */
  readonly variables: ReadonlyMap<string, ScopeValue>;
}

/** What every text of a dashboard can name: `$__range`, `$__from`, `${__dashboard.uid}`, … Queries know the intervals besides. */
export class MacroScope implements Scope {
  readonly variables: ReadonlyMap<string, ScopeValue>;
  readonly #macros: ReadonlyMap<string, string>;

  constructor({ dashboard, time, variables }: MacroContext) {
    this.variables = variables;
    const rangeMs = time.toMs - time.fromMs;
    const rangeS = Math.max(1, Math.round(rangeMs / 1000));
    this.#macros = new Map([
      ['__range', `${rangeS}s`],
      ['__range_s', String(rangeS)],
      ['__range_ms', String(rangeMs)],
      ['__from', String(time.fromMs)],
      ['__to', String(time.toMs)],
      ['__url_time_range', `from=${time.fromMs}&to=${time.toMs}`],
      ['__dashboard', dashboard.title],
      ['__dashboard.name', dashboard.title],
      ['__dashboard.uid', dashboard.uid],
      ['__org', '1'],
      ['__org.id', '1'],
      ['__org.name', 'Signalbox'],
      // Nobody signs in yet.
      ...['__user', '__user.id', '__user.login', '__user.email'].map((name) => [name, ''] as const),
      ['__timezone', 'utc'],
    ]);
  }

  get(name: string, field: string): ScopeValue | undefined {
    if (name === '__all_variables') return verbatim(this.#allVariables());
    const text = (field === '' ? undefined : this.#macros.get(`${name}.${field}`)) ?? this.#macros.get(name);
    return text === undefined ? undefined : verbatim(text);
  }

  #allVariables(): string {
    return [...this.variables].map(([name, value]) => formatValue('queryparam', name, value)).join('&');
  }
}

/** What queries can name besides: `$__interval` and its like. */
export function intervalMacros({ intervalMs, rateIntervalMs }: QueryIntervals): Map<string, ScopeValue> {
  return new Map([
    ['__interval', verbatim(printInterval(intervalMs))],
    // Loki's name of it.
    ['__auto', verbatim(printInterval(intervalMs))],
    ['__interval_ms', verbatim(String(intervalMs))],
    ['__rate_interval', verbatim(printInterval(rateIntervalMs))],
    ['__rate_interval_ms', verbatim(String(rateIntervalMs))],
  ]);
}
