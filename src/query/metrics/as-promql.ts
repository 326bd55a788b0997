/** What the builder asks of a metric, as an expression in PromQL that asks the same. */
import { type FilterCompare, type FilterExists, type FilterNode, resolveField } from '#lang/filter';
import { prometheusLabelName, prometheusMetricName } from '#pdata';
import { promotedKeys } from '../promql/store/resource-labels.ts';
import { METRIC_TYPES, type Owner } from '../source/index.ts';
import { type Aggregation, QUANTILES } from './metric-lines.ts';
import type { Reading } from './reading.ts';

export interface BuiltQuery {
  readonly name: string;
  readonly reading: Reading;
  readonly aggregation: Aggregation;
  readonly groupBy: readonly string[];
  readonly filter: FilterNode | undefined;
  readonly owner: Owner;
}

/** The window of rates: long enough for metrics that come once a minute. */
const WINDOW = '[5m]';

/** undefined where PromQL has no words for it. */
export function asPromql(query: BuiltQuery): string | undefined {
  const matchers = matchersOf(query);
  return matchers && new Writer(query, matchers).text();
}

class Writer {
  readonly #query: BuiltQuery;
  readonly #name: string;
  readonly #matchers: string;
  readonly #labels: readonly string[];
  /** Labels that only `target_info` has. */
  readonly #joined: readonly string[];

  constructor(query: BuiltQuery, matchers: readonly string[]) {
    const { type, kind, unit } = query.reading;
    this.#query = query;
    this.#name = prometheusMetricName(query.name, unit, METRIC_TYPES[type].number, kind === 'counter');
    this.#matchers = matchers.length === 0 ? '' : `{${matchers.join(',')}}`;
    this.#labels = query.groupBy.map(labelOf);
    this.#joined = query.groupBy.filter(isOfResourceOnly).map(labelOf);
  }

  text(): string | undefined {
    const { aggregation, reading } = this.#query;
    const quantile = QUANTILES[aggregation];
    switch (reading.kind) {
      case 'level':
        return this.#across(this.#selector(), quantile);
      case 'counter':
        return this.#across(this.#over(aggregation === 'increase' ? 'increase' : 'rate'), quantile);
      case 'change':
        return this.#across(this.#over(aggregation === 'rate' ? 'rate' : 'increase'), quantile);
      case 'summary':
        if (quantile !== undefined) return this.#by('max', this.#selector('', `quantile="${quantile}"`));
        return this.#counted();
      default:
        if (reading.type === 'exponential_histogram') return this.#native(quantile);
        if (quantile !== undefined)
          return `histogram_quantile(${quantile}, ${this.#by('sum', this.#over('rate', '_bucket'), ['le'])})`;
        if (aggregation === 'heatmap') return this.#by('sum', this.#over('increase', '_bucket'), ['le']);
        return this.#counted();
    }
  }

  #across(inner: string, quantile: number | undefined): string {
    const { aggregation } = this.#query;
    if (quantile !== undefined) return this.#by('quantile', inner, [], `${quantile}, `);
    return this.#by(['avg', 'min', 'max', 'count'].includes(aggregation) ? aggregation : 'sum', inner);
  }

  /** Of what has a count and a sum of observations. */
  #counted(): string | undefined {
    switch (this.#query.aggregation) {
      case 'rate':
        return this.#by('sum', this.#over('rate', '_count'));
      case 'count':
      case 'increase':
        return this.#by('sum', this.#over('increase', '_count'));
      case 'sum':
        return this.#by('sum', this.#over('increase', '_sum'));
      case 'avg':
        return `${this.#by('sum', this.#over('rate', '_sum'))}\n/\n${this.#by('sum', this.#over('rate', '_count'))}`;
      default:
        return undefined;
    }
  }

  #native(quantile: number | undefined): string | undefined {
    const { aggregation } = this.#query;
    const rates = this.#by('sum', this.#over('rate'));
    if (quantile !== undefined) return `histogram_quantile(${quantile}, ${rates})`;
    const increases = this.#by('sum', this.#over('increase'));
    const forms: { readonly [aggregation in Aggregation]?: string } = {
      avg: `histogram_avg(${rates})`,
      rate: `histogram_count(${rates})`,
      count: `histogram_count(${increases})`,
      increase: `histogram_count(${increases})`,
      sum: `histogram_sum(${increases})`,
    };
    return forms[aggregation];
  }

  #selector(suffix = '', more?: string): string {
    const matchers =
      more === undefined ? this.#matchers : `{${[this.#matchers.slice(1, -1), more].filter(Boolean).join(',')}}`;
    return `${this.#name}${suffix}${matchers}`;
  }

  #over(rate: 'rate' | 'increase', suffix = ''): string {
    return `${rate}(${this.#selector(suffix)}${WINDOW})`;
  }

  #by(operator: string, inner: string, more: readonly string[] = [], parameter = ''): string {
    const labels = [...more, ...this.#labels];
    const info = ` * on (job, instance) group_left (${this.#joined.join(', ')}) target_info`;
    const by = labels.length === 0 ? '' : ` by (${labels.join(', ')}) `;
    return `${operator}${by}(${parameter}${inner}${this.#joined.length === 0 ? '' : info})`;
  }
}

function labelOf(key: string): string {
  const field = resolveField(key, 'metrics');
  if (field.kind === 'intrinsic') return field.name === 'service' ? 'service_name' : 'otel_scope_name';
  return prometheusLabelName(field.key);
}

/** What semantic conventions keep on resources alone. */
const OF_RESOURCES = /^(?:cloud|container|device|faas|host|k8s|os|process|service|telemetry|webengine)\./;

function isOfResourceOnly(key: string): boolean {
  const field = resolveField(key, 'metrics');
  if (field.kind !== 'attribute' || field.scope === 'item') return false;
  const isOfResource = field.scope === 'resource' || OF_RESOURCES.test(field.key);
  return isOfResource && promotedKeys(labelOf(key)).length === 0;
}

/** undefined where a filter asks for what matchers can't say. */
function matchersOf({ filter, owner }: BuiltQuery): readonly string[] | undefined {
  const own = owner === 'own' ? ['job="signalbox"'] : [];
  const given = filter === undefined ? [] : matchersIn(filter);
  return given && [...own, ...given];
}

function matchersIn(node: FilterNode): readonly string[] | undefined {
  if (node.kind === 'and') {
    const parts = node.items.map(matchersIn);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (node.kind === 'exists') return matcher(node, node.negated ? '=' : '!=', '');
  if (node.kind !== 'compare') return undefined;
  const written = node.value.text;
  switch (node.operator) {
    case '=':
    case '!=':
      return matcher(node, node.operator, written);
    // Here a part of the value may match, there the whole has to.
    case '~':
      return matcher(node, '=~', `.*(?:${written}).*`);
    case '!~':
      return matcher(node, '!~', `.*(?:${written}).*`);
    default:
      return undefined;
  }
}

function matcher(
  { key }: FilterCompare | FilterExists,
  operator: string,
  value: string,
): readonly string[] | undefined {
  if (isOfResourceOnly(key.text)) return undefined;
  return [`${labelOf(key.text)}${operator}${JSON.stringify(value)}`];
}
