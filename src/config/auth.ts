import type { z } from 'zod';
import { strictObject } from './object.ts';
import { text } from './values.ts';

/** `auth.authenticator`: the id of an extension that authenticates (otelcol config/configauth). */
export interface AuthConfig {
  readonly authenticator: string;
}

export const auth: z.ZodType<AuthConfig> = strictObject({
  authenticator: text().describe('the id of an extension'),
});

/** `middlewares`: ids of extensions that look at each request. */
export interface MiddlewareConfig {
  readonly id: string;
}

export const middleware: z.ZodType<MiddlewareConfig> = strictObject({ id: text().describe('the id of an extension') });
