import { z } from 'zod';
import {
  boolean,
  describe,
  mapOf,
  type PromHttpConfig,
  parsePrometheusDuration,
  promHttpMistakes,
  promHttpShape,
  type Secret,
  secret,
  strictObject,
  text,
  toPromHttp,
} from '#config';

/** Values as Alertmanager's file has them. */

/** YAML 1.1 has more words for it than 1.2. */
const YES: ReadonlySet<string> = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']);
const NO: ReadonlySet<string> = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']);

export function flag(defaultValue?: boolean): z.ZodType<boolean> {
  const read = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    return YES.has(value) ? true : NO.has(value) ? false : value;
  };
  const schema = z.preprocess(read, boolean());
  return defaultValue === undefined ? schema : (schema.default(defaultValue) as unknown as z.ZodType<boolean>);
}

/** A duration of Prometheus in milliseconds, `5m`. */
export function span(): z.ZodType<number> {
  return z.any().transform((value, context) => {
    const ms = typeof value === 'string' ? parsePrometheusDuration(value) : value === 0 ? 0 : undefined;
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: `not a valid duration such as 30s, 5m or 4h: ${describe(value)}` });
    return z.NEVER;
  });
}

/** An http or https address that is shown. */
export function address(): z.ZodType<string> {
  return text().transform((value, context) => {
    const mistake = mistakeInUrl(value);
    if (mistake === undefined) return value;
    context.addIssue({ code: 'custom', message: mistake });
    return z.NEVER;
  });
}

/** An address that is not: who has it may send. What was found is not repeated. */
export function secretAddress(): z.ZodType<Secret> {
  return secret().transform((value, context) => {
    const url = value.reveal();
    if (url === SHOWN_SECRET || mistakeInUrl(url) === undefined) return value;
    context.addIssue({ code: 'custom', message: 'is no http or https URL with a host' });
    return z.NEVER;
  });
}

/** The same, where a template may make it. */
export function secretAddressTemplate(): z.ZodType<Secret> {
  return secret().transform((value, context) => {
    const url = value.reveal();
    if (url === '' || url === SHOWN_SECRET || url.includes('{{') || mistakeInUrl(url) === undefined) return value;
    context.addIssue({ code: 'custom', message: 'is no http or https URL with a host' });
    return z.NEVER;
  });
}

/** What stands for a secret where the configuration is shown. */
export const SHOWN_SECRET = '<secret>';

function mistakeInUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return `expected a URL, got ${describe(value)}`;
  const { protocol, host } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `unsupported scheme ${describe(protocol.slice(0, -1))} for URL`;
  return host === '' ? 'missing host for URL' : undefined;
}

export type TextMap = ReadonlyMap<string, string>;

/** Names and texts. */
export function texts(): z.ZodType<TextMap> {
  return mapOf(text());
}

/** How a receiver is reached; undefined where it is as all are. */
export const httpConfig: z.ZodType<PromHttpConfig | undefined> = strictObject(promHttpShape)
  .superRefine((raw, context) => {
    for (const { path, message } of promHttpMistakes(raw)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    if (raw.no_proxy !== '' && raw.proxy_url !== '') {
      const message =
        'hosts that are reached without the proxy of proxy_url are not looked at; use the variables HTTPS_PROXY and NO_PROXY';
      context.addIssue({ code: 'custom', path: ['no_proxy'], message });
    }
  })
  .transform(toPromHttp)
  .optional();

/** Adds one mistake for each text, in the words of Alertmanager. `path` leads to the key that it is about. */
export function refuse(
  context: z.RefinementCtx,
  mistakes: readonly (string | false | undefined)[],
  path: readonly (string | number)[] = [],
): void {
  for (const message of mistakes) if (message) context.addIssue({ code: 'custom', message, path: [...path] });
}

/** More than one of two ways to give the same. */
export function bothGiven(one: unknown, file: string, names: string): string | false {
  return one !== undefined && one !== '' && file !== '' && `at most one of ${names} must be configured`;
}
