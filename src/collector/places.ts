import type { ComponentKind } from '#component';
import type { Signal } from '#pdata';

/** Whose account it is. `pipeline` is empty for what belongs to no single one. */
export interface AccountOwner {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly pipeline: string;
}

export type Side = 'consumed' | 'produced';

/** Where something passes: into a component, or out of it. */
export interface EdgeOptions extends AccountOwner {
  readonly side: Side;
  /** Of the items that pass. */
  readonly signal: Signal;
  /** For connectors: the signal that they take, and the one that they make. */
  readonly from?: Signal;
  readonly to?: Signal;
  /** For what a connector produces: the pipeline that is fed. */
  readonly into?: string;
  /** For what an exporter consumes: the pipeline that it comes from. */
  readonly out?: string;
}
