import type { ExtensionFactory } from '#component';
import { BearerTokenAuth } from './bearertokenauth.ts';
import { type BearerTokenConfig, bearerTokenSchema, validateBearerToken } from './config.ts';

export const bearerTokenAuthFactory: ExtensionFactory<BearerTokenConfig> = {
  kind: 'extension',
  type: 'bearertokenauth',
  description: 'Gives exporters a token, or lets those into servers who show it',
  stability: 'beta',
  schema: bearerTokenSchema,
  validate: validateBearerToken,
  create: (settings, config) => new BearerTokenAuth(settings, config),
};
