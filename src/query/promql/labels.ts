import { compareText, goQuoted } from '#base';
import { isUtf8 } from '#lang/promql';

/** The name of a metric, and what Prometheus keeps beside it where types and units are labels: an operation takes them away together. */
const RESERVED: ReadonlySet<string> = new Set(['__name__', '__type__', '__unit__']);

export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** Any text that is UTF-8 and not empty. */
export function isLabelName(name: string): boolean {
  return name !== '' && isUtf8(name);
}

/** A set of labels, sorted by name; one whose value is empty is not there. Never changes. */
export class Labels {
  static readonly NONE: Labels = new Labels([]);
  readonly pairs: readonly (readonly [name: string, value: string])[];
  #key: string | undefined;
  #named: Labels | undefined;
  /** What it is without a name, where it was made of that. */
  #unnamed: Labels | undefined;

  private constructor(sorted: readonly (readonly [string, string])[]) {
    this.pairs = sorted;
  }

  static of(pairs: Iterable<readonly [string, string]>): Labels {
    const present = Array.from(pairs).filter(([, value]) => value !== '');
    return present.length === 0 ? Labels.NONE : new Labels(present.sort(([a], [b]) => compareText(a, b)));
  }

  /** With those whose value is empty, which Loki shows of lines. For showing only: what compares sets takes them for not there. */
  static shown(pairs: Iterable<readonly [string, string]>): Labels {
    return new Labels(Array.from(pairs).sort(([a], [b]) => compareText(a, b)));
  }

  /** Equal for equal sets only. */
  get key(): string {
    this.#key ??= keyOf(this.pairs);
    return this.#key;
  }

  get(name: string): string {
    for (const [each, value] of this.pairs) if (each === name) return value;
    return '';
  }

  get metricName(): string {
    return this.get('__name__');
  }

  /** Another value for one label; the empty one takes it away. */
  with(name: string, value: string): Labels {
    const pairs = this.pairs.filter(([each]) => each !== name);
    if (value === '') return pairs.length === this.pairs.length ? this : Labels.of(pairs);
    const place = pairs.findIndex(([each]) => compareText(each, name) > 0);
    pairs.splice(place < 0 ? pairs.length : place, 0, [name, value]);
    return new Labels(pairs);
  }

  /** With the name of a metric. The last one is kept: the same series are asked for again and again, with a name and without. */
  named(name: string): Labels {
    if (this.#named === undefined || this.#named.metricName !== name) {
      this.#named = this.with('__name__', name);
      if (this.#named !== this && !this.pairs.some(([each]) => RESERVED.has(each))) this.#named.#unnamed = this;
    }
    return this.#named;
  }

  keep(isKept: (name: string) => boolean): Labels {
    const kept = this.pairs.filter(([name]) => isKept(name));
    if (kept.length === this.pairs.length) return this;
    return kept.length === 0 ? Labels.NONE : new Labels(kept);
  }

  withoutName(): Labels {
    return this.#unnamed ?? this.keep((name) => !RESERVED.has(name));
  }

  /** `{__name__="up", job="x"}`, as Prometheus prints them. */
  toString(): string {
    return `{${this.pairs.map(([name, value]) => `${nameText(name)}=${goQuoted(value)}`).join(', ')}}`;
  }
}

function nameText(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : goQuoted(name);
}

function keyOf(pairs: Labels['pairs']): string {
  let key = '';
  for (const [name, value] of pairs) key += `${name.length}:${name}${value.length}:${value}`;
  return key;
}

/** As Prometheus sorts series: label by label, the name before the value. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < length; i++) {
    const [nameA, valueA] = a.pairs[i]!;
    const [nameB, valueB] = b.pairs[i]!;
    const order = nameA === nameB ? compareText(valueA, valueB) : compareText(nameA, nameB);
    if (order !== 0) return order;
  }
  return a.pairs.length - b.pairs.length;
}

/** A function that says which group a set of labels belongs to. */
export function groupKey(labels: readonly string[], isWithout: boolean): (set: Labels) => Labels {
  const named = new Set(labels);
  if (isWithout) return (set) => set.keep((name) => !named.has(name) && !RESERVED.has(name));
  if (named.size === 0) return () => Labels.NONE;
  return (set) => set.keep((name) => named.has(name));
}
