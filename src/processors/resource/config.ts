import { list, type Schema, strictObject } from '#config';
import { type ActionConfig, attributeAction } from '../shared/attribute-actions/config.ts';

/** What users write under `resource:` (otelcol-contrib processor/resourceprocessor). */
export interface ResourceConfig {
  /** Applied one after the other. */
  readonly actions: readonly ActionConfig[];
}

export const resourceSchema: Schema<ResourceConfig> = strictObject({
  attributes: list(attributeAction).meta({ description: 'run in order on every resource', defaultText: 'required' }),
}).transform(({ attributes }) => ({ actions: attributes }));

export function validateResource(config: ResourceConfig): { path: readonly (string | number)[]; message: string }[] {
  return config.actions.length > 0 ? [] : [{ path: ['attributes'], message: 'missing required field "attributes"' }];
}
