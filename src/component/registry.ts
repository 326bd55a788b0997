import type { ComponentKind, Factory } from './contracts.ts';

/** A component that a program knows; its code is loaded when a configuration uses it. */
export interface ComponentSource {
  readonly kind: ComponentKind;
  readonly type: string;
  readonly aliases?: readonly string[];
  load(): Promise<Factory>;
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

  constructor(sources: readonly ComponentSource[]) {
    this.sources = sources;
    for (const source of sources) {
      for (const name of [source.type, ...(source.aliases ?? [])]) this.#byName.set(`${source.kind} ${name}`, source);
    }
  }

  find(kind: ComponentKind, type: string): ComponentSource | undefined {
    return this.#byName.get(`${kind} ${type}`);
  }

  /** The types of a kind in order, without aliases. */
  types(kind: ComponentKind): readonly string[] {
    return this.sources
      .filter((source) => source.kind === kind)
      .map((source) => source.type)
      .sort();
  }
}
