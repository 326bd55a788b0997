import type { ExtensionFactory } from '#component';
import { BasicAuth } from './basicauth.ts';
import { type BasicAuthConfig, basicAuthSchema, validateBasicAuth } from './config.ts';

export const basicAuthFactory: ExtensionFactory<BasicAuthConfig> = {
  kind: 'extension',
  type: 'basicauth',
  description: 'Gives exporters a user and a password, or lets users into servers',
  stability: 'beta',
  schema: basicAuthSchema,
  validate: validateBasicAuth,
  create: (settings, config) => new BasicAuth(settings, config),
};
