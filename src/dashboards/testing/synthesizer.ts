import { examplesOf } from '#lang/pattern';
import { type LabelMatcher, matcherTest, type PromExpr } from '#lang/promql';
import { Demands, type MetricDemand } from './demands.ts';
import { rowValue } from './fake-ask.ts';

export interface SyntheticSeries {
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: MetricDemand['kind'];
  /** The value `seconds` after the beginning; of native histograms the count of their only bucket. */
  readonly valueAt: (seconds: number) => number;
}

/** Series of a metric differ in all labels that nothing fixes, as those of two hosts do. */
const ROWS = 2;
const BOUNDS = ['0.01', '0.1', '0.5', '1', '5', '+Inf'];

/**
 * Makes series that give expressions something to answer with: metrics, labels and types are those that the expressions name, values of labels
 * are accepted by their matchers, and what is joined finds its partner. Nothing is random.
 */
export class Synthesizer {
  readonly #demands = new Demands();

  add(expr: PromExpr): void {
    this.#demands.add(expr);
  }

  /** That the series of a selector have a label. */
  addLabel(selector: PromExpr, label: string): void {
    this.#demands.addLabel(selector, label);
  }

  series(): SyntheticSeries[] {
    this.#demands.settle();
    const metrics = [...this.#demands.metrics.values()];
    const pool = valuePool(metrics);
    return metrics.flatMap((metric) => seriesOf(metric, pool));
  }
}

/** Values that some matcher wants of a label: other metrics take them, too, so that they can be joined. */
type Pool = ReadonlyMap<string, readonly string[]>;

function valuePool(metrics: readonly MetricDemand[]): Pool {
  const pool = new Map<string, string[]>();
  for (const { variants } of metrics)
    for (const matcher of [...variants.values()].flat()) {
      const values = pool.get(matcher.name) ?? [];
      for (const value of acceptedBy(matcher)) if (value !== '' && !values.includes(value)) values.push(value);
      pool.set(matcher.name, values);
    }
  return pool;
}

/** What a matcher says it wants; nothing for one that only says what it doesn't. */
function acceptedBy({ operator, value }: LabelMatcher): string[] {
  if (operator === '=') return [value];
  if (operator !== '=~' || /^\.[*+]$/.test(value)) return [];
  return examplesOf(value, 8);
}

function seriesOf(metric: MetricDemand, pool: Pool): SyntheticSeries[] {
  const made = new Map<string, SyntheticSeries>();
  const rows = Math.max(ROWS, Math.min(4, new Set(metric.values).size));
  for (const matchers of metric.variants.values())
    for (let row = 0; row < rows; row++) {
      const labels = labelsOf(metric, matchers, row, pool);
      if (labels === undefined) continue;
      for (const [index, bound] of (metric.name.endsWith('_bucket') ? boundsOf(metric) : [undefined]).entries()) {
        const all = bound === undefined ? labels : { ...labels, le: bound };
        const key = JSON.stringify(Object.entries(all).sort());
        if (!made.has(key)) made.set(key, { labels: all, kind: metric.kind, valueAt: valuesOf(metric, row, index) });
      }
    }
  return [...made.values()];
}

function labelsOf(
  metric: MetricDemand,
  matchers: readonly LabelMatcher[],
  row: number,
  pool: Pool,
): Record<string, string> | undefined {
  const labels: Record<string, string> = { __name__: metric.name };
  const names = new Set([...metric.labels, ...matchers.map(({ name }) => name)]);
  if (metric.name.endsWith('_bucket')) names.delete('le');
  for (const name of names) {
    const value = valueFor(
      name,
      matchers.filter((matcher) => matcher.name === name),
      row,
      metric,
      pool,
    );
    if (value === undefined) return undefined;
    if (value !== '') labels[name] = value;
  }
  return labels;
}

/** undefined where no value was found that all matchers of the label accept. */
function valueFor(
  name: string,
  matchers: readonly LabelMatcher[],
  row: number,
  { patterns }: MetricDemand,
  pool: Pool,
): string | undefined {
  const wanted = matchers.flatMap(acceptedBy);
  const pattern = patterns.get(name);
  const read = pattern === undefined ? [] : examplesOf(pattern, 4);
  const usual = rowValue(name, row);
  const others = [
    ...read,
    ...(matchers.length === 0 && pool.get(name)?.includes(usual) ? [usual] : (pool.get(name) ?? [])),
  ];
  const accepts = (value: string): boolean => matchers.every((matcher) => matcherTest(matcher)(value));
  // A value of one row alone: the others of this selector would be its double.
  if (wanted.length === 1 && wanted[0] === rowValue(name, 0) && row > 0) return undefined;
  const fits = [...new Set(wanted.length > 0 ? wanted : [...others, ...(others.length >= ROWS ? [] : [usual])])].filter(
    accepts,
  );
  if (fits.length > 0) return fits[row % fits.length];
  return [usual, `${usual}-x`, 'x', '1', ''].find(accepts);
}

/** Those that selectors name, and some between. */
function boundsOf({ variants }: MetricDemand): string[] {
  const named = [...variants.values()]
    .flat()
    .filter(({ name }) => name === 'le')
    .flatMap(acceptedBy);
  const bounds = [...new Set([...named, ...BOUNDS])].filter((bound) => !Number.isNaN(asNumber(bound)));
  return bounds.sort((a, b) => asNumber(a) - asNumber(b));
}

function asNumber(bound: string): number {
  return bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
}

function valuesOf({ kind, values, name }: MetricDemand, row: number, index: number): (seconds: number) => number {
  const perSecond = row + 1 + index;
  if (kind !== 'gauge') return (seconds) => perSecond * seconds;
  const wanted = [...new Set(values)];
  if (wanted.length > 0) return () => wanted[row % wanted.length]!;
  if (name.endsWith('_info') || name === 'up') return () => 1;
  // So that metrics differ from each other.
  const own = Array.from(name).reduce((sum, character) => sum + character.codePointAt(0)!, 0) % 7;
  return (seconds) => 10 * (row + 1) + own + 5 * Math.sin(seconds / 300);
}
