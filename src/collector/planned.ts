import type { ConfigPlace } from '#base';
import type { ComponentKind, Factory } from '#component';
import type { ComponentSection, ConfigNode } from '#config';
import type { Signal } from '#pdata';

/** A component that the configuration defines, with its settings read. */
export interface PlannedComponent {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly factory: Factory;
  readonly config: unknown;
  /** The scalars of its block of which the spelling was taken. */
  readonly texts: ReadonlySet<ConfigNode>;
  readonly place: ConfigPlace;
}

export interface PlannedPipeline {
  /** `traces` or `traces/name`. */
  readonly id: string;
  readonly signal: Signal;
  /** Ids of receivers and connectors, without repetition. */
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export type PlannedComponents = Readonly<Record<ComponentSection, ReadonlyMap<string, PlannedComponent>>>;
