import type { ExtensionFactory } from '#component';
import { validateZpages, type ZpagesConfig, zpagesSchema } from './config.ts';
import { Zpages } from './zpages.ts';

export const zpagesFactory: ExtensionFactory<ZpagesConfig> = {
  kind: 'extension',
  type: 'zpages',
  description: 'Pages about the running collector',
  stability: 'beta',
  schema: zpagesSchema,
  validate: validateZpages,
  create: (settings, config) => new Zpages(settings, config),
};
