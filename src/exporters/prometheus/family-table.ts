import { compareText } from '#base';
import { type ExposedFamily, type ExposedSample, type FamilyType, LabelSet } from '#wire';
import { compareLabels, Family, type Series, type Target } from './series.ts';

/** What is served, by name. A name has one type and one description: those of who came first, as long as it has series. */
export class FamilyTable {
  readonly #families = new Map<string, Family>();
  readonly #targets = new Map<string, Target>();
  readonly #targetInfoName: string;
  #sorted: readonly Family[] | undefined = undefined;

  constructor(targetInfoName: string) {
    this.#targetInfoName = targetInfoName;
  }

  /** The family of this name, made if need be, or why there can't be one. It is listed when it gets a series. */
  find(name: string, help: string, type: FamilyType): Family | { readonly conflict: string } {
    const found = this.#families.get(name);
    if (found !== undefined) {
      if (found.type === type) return found;
      return { conflict: `"${name}" is a ${found.type} already, and can't be a ${type} too` };
    }
    const other = name === this.#targetInfoName ? name : this.#collision(name, type);
    if (other === undefined) return new Family(name, help, type);
    return { conflict: `the ${type} "${name}" would have lines that "${other}" has already` };
  }

  /** A histogram x has lines x_count, x_sum and x_bucket, which nobody else may have (client_golang@v1.24.1 checkSuffixCollisions). */
  #collision(name: string, type: FamilyType): string | undefined {
    for (const suffix of ['_count', '_sum', '_bucket']) {
      const isOf = (one: FamilyType): boolean => one === 'histogram' || (one === 'summary' && suffix !== '_bucket');
      if (isOf(type) && this.#families.has(name + suffix)) return name + suffix;
      if (!name.endsWith(suffix)) continue;
      const shorter = this.#families.get(name.slice(0, -suffix.length));
      if (shorter !== undefined && isOf(shorter.type)) return shorter.name;
    }
    return undefined;
  }

  /** The target with this identity, and what is known of it now. */
  target(key: string, info: () => LabelSet): Target {
    const found = this.#targets.get(key);
    if (found !== undefined) return found;
    return { key, info: info(), seriesCount: 0 };
  }

  add(series: Series): void {
    const { family, target } = series;
    if (!this.#families.has(family.name)) {
      this.#families.set(family.name, family);
      this.#sorted = undefined;
    }
    family.add(series);
    if (target === undefined) return;
    target.seriesCount++;
    this.#targets.set(target.key, target);
  }

  delete(series: Series): void {
    const { family, target } = series;
    family.delete(series);
    if (family.size === 0) {
      this.#families.delete(family.name);
      this.#sorted = undefined;
    }
    if (target === undefined) return;
    target.seriesCount--;
    if (target.seriesCount === 0) this.#targets.delete(target.key);
  }

  /** Everything in the order of a scrape; of `names` alone where some are given. */
  *exposed(names: ReadonlySet<string>): Generator<ExposedFamily> {
    this.#sorted ??= [...this.#families.values()].sort((one, other) => compareText(one.name, other.name));
    let info = this.#targetInfo();
    for (const family of this.#sorted) {
      if (info !== undefined && compareText(info.name, family.name) < 0) {
        if (isWanted(info, names)) yield info;
        info = undefined;
      }
      if (isWanted(family, names)) yield family;
    }
    if (info !== undefined && isWanted(info, names)) yield info;
  }

  #targetInfo(): ExposedFamily | undefined {
    if (this.#targets.size === 0) return undefined;
    const samples = [...this.#targets.values()].map(({ info }) => info).sort(compareLabels);
    return {
      name: this.#targetInfoName,
      help: 'Target metadata',
      type: 'gauge',
      samples: samples.map((labels): ExposedSample => ({ ...INFO, labels })),
    };
  }
}

const INFO: ExposedSample = {
  labels: new LabelSet([]),
  timestampMs: undefined,
  createdNs: undefined,
  value: 1,
  exemplar: undefined,
  summary: undefined,
  histogram: undefined,
};

function isWanted({ name }: { readonly name: string }, names: ReadonlySet<string>): boolean {
  return names.size === 0 || names.has(name);
}
