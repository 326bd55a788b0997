import { list, type Schema, strictObject } from '#config';
import { type ActionConfig, attributeAction } from '../shared/attribute-actions/config.ts';
import { type MatchConfig, matchSchema } from '../shared/match/config.ts';

/** What users write under `attributes:` (otelcol-contrib processor/attributesprocessor). */
export interface AttributesConfig {
  /** Only items that match are changed. */
  readonly include: MatchConfig | undefined;
  /** Of these, items that match are left alone. */
  readonly exclude: MatchConfig | undefined;
  /** Applied one after the other. */
  readonly actions: readonly ActionConfig[];
}

export const attributesSchema: Schema<AttributesConfig> = strictObject({
  include: matchSchema.optional().meta({ description: 'only items that match are changed', block: 'match' }),
  exclude: matchSchema.optional().meta({ description: 'of these, items that match are left alone', block: 'match' }),
  actions: list(attributeAction).meta({ description: 'run in order on every item', defaultText: 'required' }),
}).transform(({ include, exclude, actions }) => ({ include, exclude, actions }));

export function validateAttributes(
  config: AttributesConfig,
): { path: readonly (string | number)[]; message: string }[] {
  return config.actions.length > 0 ? [] : [{ path: ['actions'], message: 'missing required field "actions"' }];
}
