import type { DataField, DataFrame } from '../frames/data-frame.ts';
import { fieldTest } from '../frames/matchers.ts';
import type { FieldOptions, Panel } from '../model.ts';
import { readFieldProperty, readOwnOptions } from '../read/index.ts';

/** The options of a field of a frame. `frames` are all of the panel: overrides look at names, which depend on them. */
export type OptionsOf = (field: DataField, frame: DataFrame, frames: readonly DataFrame[]) => FieldOptions;

/**
 * Reads a panel's overrides once. A field's options are the panel's, with what the data says of itself (transformations can), and with those of each
 * override that means it, in their order.
 */
export function fieldOptionsReader({ defaults, overrides }: Pick<Panel, 'defaults' | 'overrides'>): OptionsOf {
  const read = overrides.map(({ matcher, properties }) => ({
    isMeant: fieldTest(matcher),
    changes: properties.map(({ id, value }) => readFieldProperty(id, value)),
  }));
  return (field, frame, frames) => {
    let options: FieldOptions = { ...defaults, ...readOwnOptions(field.config) };
    for (const { isMeant, changes } of read) {
      if (!isMeant(field, frame, frames)) continue;
      for (const change of changes)
        options = { ...options, ...change, custom: { ...options.custom, ...change.custom } };
    }
    return options;
  };
}
