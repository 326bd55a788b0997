import type { ExtensionFactory } from '#component';
import { type HeadersSetterConfig, headersSetterSchema, validateHeadersSetter } from './config.ts';
import { HeadersSetter } from './headers-setter.ts';

export const headersSetterFactory: ExtensionFactory<HeadersSetterConfig> = {
  kind: 'extension',
  type: 'headers_setter',
  description: 'Sets headers of exporters, from the metadata of clients for instance',
  stability: 'alpha',
  schema: headersSetterSchema,
  validate: validateHeadersSetter,
  create: (settings, config) => new HeadersSetter(settings, config),
};
