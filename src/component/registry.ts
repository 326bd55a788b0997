import type { ComponentKind, Factory } from './contracts.ts';

/** A component that a program knows; its code is loaded when a configuration uses it. */
export interface ComponentSource {
  readonly kind: ComponentKind;
  readonly type: string;
  readonly aliases?: readonly string[];
  load(): Promise<Factory>;
}

/** A component that otelcol once had and no longer has under any name. */
export interface RemovedComponent {
  readonly kind: ComponentKind;
  readonly type: string;
  /** What to write in its place. */
  readonly advice: string;
}

/** A component that otelcol-contrib has and that this program lacks. */
export interface AbsentComponent {
  readonly kind: ComponentKind;
  readonly type: string;
  /** Why, and what to use in its place if anything. */
  readonly reason: string;
}

/** The source for a factory that is already there. */
export function componentSource(factory: Factory): ComponentSource {
  const { kind, type, aliases } = factory;
  return { kind, type, ...(aliases && { aliases }), load: () => Promise.resolve(factory) };
}

/** Finds components by kind and by today's or an older type name. */
export class ComponentRegistry {
  readonly sources: readonly ComponentSource[];
  readonly #byName = new Map<string, ComponentSource>();

  readonly #removed: ReadonlyMap<string, string>;
  readonly #absent: readonly AbsentComponent[];

  constructor(
    sources: readonly ComponentSource[],
    removed: readonly RemovedComponent[] = [],
    absent: readonly AbsentComponent[] = [],
  ) {
    this.sources = sources;
    this.#absent = absent;
    this.#removed = new Map(removed.map(({ kind, type, advice }) => [`${kind} ${type}`, advice]));
    for (const source of sources) {
      for (const name of [source.type, ...(source.aliases ?? [])]) this.#byName.set(`${source.kind} ${name}`, source);
    }
  }

  find(kind: ComponentKind, type: string): ComponentSource | undefined {
    return this.#byName.get(`${kind} ${type}`);
  }

  /** What to use in place of a type that is gone. */
  adviceFor(kind: ComponentKind, type: string): string | undefined {
    return this.#removed.get(`${kind} ${type}`);
  }

  /** What otelcol-contrib has and this program lacks, without what has come since it was listed. */
  get absent(): readonly AbsentComponent[] {
    return this.#absent.filter(({ kind, type }) => this.find(kind, type) === undefined);
  }

  /** The types of a kind in order, without aliases. */
  types(kind: ComponentKind): readonly string[] {
    return this.sources
      .filter((source) => source.kind === kind)
      .map((source) => source.type)
      .sort();
  }
}
