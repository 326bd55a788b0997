import { isSameConfig } from '#config';
import type { TargetScraper } from './scrape.ts';
import type { Target, TargetGroup } from './target.ts';

/** A target of the receiver before a reload. */
export interface LeftTarget {
  readonly target: Target;
  readonly scraper: TargetScraper;
  /** When it is to be asked next, on the clock's monotonic time. */
  readonly dueMs: number;
  /** '' where it answered. */
  readonly failure: string;
}

/** A job of the receiver before. */
export interface LeftJob {
  readonly targets: readonly LeftTarget[];
  /** What each source has found last, by the source's configuration. */
  readonly found: readonly { readonly config: unknown; readonly groups: readonly TargetGroup[] }[];
}

/** What a receiver leaves to its successor in a reload, so that no scrape is lost or doubled, and series end of those targets alone that are gone. */
export class Predecessor {
  readonly #jobs: ReadonlyMap<string, LeftJob>;
  /** By job and identity. */
  readonly #targets: ReadonlyMap<string, Map<string, LeftTarget>>;

  constructor(jobs: ReadonlyMap<string, LeftJob> = new Map()) {
    this.#jobs = jobs;
    this.#targets = new Map(
      Array.from(jobs, ([name, { targets }]) => [name, new Map(targets.map((left) => [left.target.identity, left]))]),
    );
  }

  get jobNames(): Iterable<string> {
    return this.#jobs.keys();
  }

  /** What a source with this configuration knew; undefined where there was none. */
  foundBy(jobName: string, config: unknown): readonly TargetGroup[] | undefined {
    return this.#jobs.get(jobName)?.found.find((source) => isSameConfig(source.config, config))?.groups;
  }

  /** The same target, which nobody has taken yet. */
  take(jobName: string, { identity }: Target): LeftTarget | undefined {
    const targets = this.#targets.get(jobName);
    const left = targets?.get(identity);
    targets?.delete(identity);
    return left;
  }

  /** All targets of a job that nobody has taken. */
  takeRest(jobName: string): readonly LeftTarget[] {
    const targets = this.#targets.get(jobName);
    const rest = [...(targets?.values() ?? [])];
    targets?.clear();
    return rest;
  }
}
