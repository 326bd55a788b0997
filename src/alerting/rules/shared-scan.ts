import { quotePattern } from '#base';
import { type LabelMatcher, matcherTest, type PromExpr, selectorsIn } from '#lang/promql';
import { QueryNames, type SampleSource, type Selection, type StoredSeries } from '#query/promql.ts';

/**
 * Selectors of a group's rules that differ in values alone are read together: the rules of a group are due at one time.
 * `{service="a", route=~"x|y"}` and `{service="b", route="x"}` become `{service=~"a|b", route=~"x|y"}`, of which each rule takes what it asked for.
 */
export class ScanPlan {
  /** By the key of its matchers: what a selector is read with. Selectors that are read alone are not there. */
  readonly #unions = new Map<string, readonly LabelMatcher[]>();

  /** `recorded`: names of series that the group writes itself, which must be read anew by each rule. */
  constructor(exprs: readonly PromExpr[], recorded: ReadonlySet<string>) {
    const clusters: Cluster[] = [];
    for (const expr of exprs) {
      const names = QueryNames.ofQuery(expr);
      for (const { matchers } of selectorsIn(expr)) {
        // What the conventions have renamed is read with names of its own query.
        const form = names.selector(matchers) === undefined ? formOf(matchers) : undefined;
        if (form === undefined || recorded.has(form.metric)) continue;
        const cluster = clusters.find((each) => each.takes(form));
        if (cluster === undefined) clusters.push(new Cluster(form));
        else cluster.add(form);
      }
    }
    for (const cluster of clusters)
      if (cluster.uses > 1) for (const key of cluster.keys) this.#unions.set(key, cluster.matchers());
  }

  /** What the rules of one evaluation read, each thing once. */
  over(source: (signal: AbortSignal, expr?: PromExpr) => SampleSource): typeof source {
    if (this.#unions.size === 0) return source;
    const read = new Map<string, Promise<readonly StoredSeries[]>>();
    return (signal, expr) => {
      const own = source(signal, expr);
      return {
        ...(own.windows !== undefined && { windows: (request) => own.windows!(request) }),
        select: async (selection) => {
          const union = this.#unions.get(keyOf(selection.matchers));
          if (union === undefined) return await own.select(selection);
          const { fromMs, toMs, needsStarts = true } = selection;
          const key = JSON.stringify([union, fromMs, toMs, needsStarts]);
          let found = read.get(key);
          if (found === undefined) {
            found = own.select({ ...selection, matchers: union });
            read.set(key, found);
          }
          return matching(await found, selection.matchers);
        },
      };
    };
  }
}

function matching(series: readonly StoredSeries[], matchers: Selection['matchers']): readonly StoredSeries[] {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  return series.filter(({ labels }) => tests.every(({ name, test }) => test(labels.get(name))));
}

/** A selector as sets of values by label, beside what is no set. */
interface Form {
  readonly key: string;
  readonly metric: string;
  /** The same for selectors that may be read together. */
  readonly shape: string;
  readonly sets: readonly (readonly [name: string, values: readonly string[]])[];
  readonly others: readonly LabelMatcher[];
}

/** Undefined for a selector that does not name its metric. */
function formOf(matchers: readonly LabelMatcher[]): Form | undefined {
  const metric = matchers.find(({ name, operator }) => name === '__name__' && operator === '=')?.value;
  if (metric === undefined) return undefined;
  const sets: [string, readonly string[]][] = [];
  const others: LabelMatcher[] = [];
  for (const matcher of matchers) {
    const values = valuesOf(matcher);
    if (values === undefined || matcher.name === '__name__') others.push(matcher);
    else sets.push([matcher.name, values]);
  }
  sets.sort(([a], [b]) => (a < b ? -1 : 1));
  const names = sets.map(([name]) => name);
  if (new Set(names).size < names.length) return undefined;
  return { key: keyOf(matchers), metric, shape: JSON.stringify([names, keyOf(others)]), sets, others };
}

/** The texts that a matcher matches, where those are written out; the empty one means something else than a value. */
function valuesOf({ operator, value }: LabelMatcher): readonly string[] | undefined {
  if (operator === '=') return value === '' ? undefined : [value];
  if (operator !== '=~' || !/^[\w\-/: |]+$/.test(value)) return undefined;
  const values = value.split('|');
  return values.includes('') ? undefined : values;
}

/** More series than the selectors ask for cost what the questions save: a union may have so many times as many combinations of values. */
const WASTE = 4;
const VALUES_MAX = 500;

class Cluster {
  readonly #first: Form;
  readonly keys = new Set<string>();
  uses = 0;
  #asked = 0;
  #values: readonly ReadonlySet<string>[];

  constructor(first: Form) {
    this.#first = first;
    this.#values = first.sets.map(() => new Set());
    this.add(first);
  }

  takes(form: Form): boolean {
    if (form.shape !== this.#first.shape) return false;
    if (this.keys.has(form.key)) return true;
    const values = this.#with(form);
    return combinations(values) <= WASTE * (this.#asked + combinationsOf(form)) && values.every(isFew);
  }

  add(form: Form): void {
    this.uses++;
    if (this.keys.has(form.key)) return;
    this.keys.add(form.key);
    this.#asked += combinationsOf(form);
    this.#values = this.#with(form);
  }

  matchers(): readonly LabelMatcher[] {
    const sets = this.#first.sets.map(([name], at): LabelMatcher => {
      const values = [...this.#values[at]!];
      if (values.length === 1) return { name, operator: '=', value: values[0]! };
      return { name, operator: '=~', value: values.map(quotePattern).join('|') };
    });
    return [...this.#first.others, ...sets];
  }

  #with({ sets }: Form): readonly ReadonlySet<string>[] {
    return this.#values.map((values, at) => new Set([...values, ...sets[at]![1]]));
  }
}

function combinationsOf({ sets }: Form): number {
  return sets.reduce((product, [, values]) => product * values.length, 1);
}

function combinations(sets: readonly ReadonlySet<string>[]): number {
  return sets.reduce((product, { size }) => product * size, 1);
}

function isFew({ size }: ReadonlySet<string>): boolean {
  return size <= VALUES_MAX;
}

/** The same for the same matchers, in whatever order. */
function keyOf(matchers: readonly LabelMatcher[]): string {
  return JSON.stringify(matchers.map(({ name, operator, value }) => [name, operator, value].join('\0')).sort());
}
