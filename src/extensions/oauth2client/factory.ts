import type { ExtensionFactory } from '#component';
import { type OAuth2ClientConfig, oauth2ClientSchema, validateOAuth2Client } from './config.ts';
import { OAuth2Client } from './oauth2client.ts';

export const oauth2ClientFactory: ExtensionFactory<OAuth2ClientConfig> = {
  kind: 'extension',
  type: 'oauth2client',
  description: 'Gets tokens for exporters by OAuth 2.0, for a secret or a signed assertion',
  stability: 'beta',
  schema: oauth2ClientSchema,
  validate: validateOAuth2Client,
  create: (settings, config) => new OAuth2Client(settings, config),
};
