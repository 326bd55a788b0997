import { list, oneOf, type Schema, strictObject, text } from '#config';

/** What users write under `headers_setter:` (otelcol-contrib extension/headerssetterextension). */
export interface HeadersSetterConfig {
  readonly headers: readonly HeaderConfig[];
  /** The id of another extension, whose credentials are sent too. */
  readonly additionalAuth: string;
}

export interface HeaderConfig {
  readonly key: string;
  readonly action: 'insert' | 'update' | 'upsert' | 'delete';
  readonly value: string | undefined;
  readonly valueFile: string;
  readonly fromContext: string;
  readonly fromAttribute: string;
  readonly defaultValue: string | undefined;
}

export const headersSetterSchema: Schema<HeadersSetterConfig> = strictObject({
  headers: list(
    strictObject({
      key: text('').describe('the name of the header'),
      action: oneOf(['insert', 'update', 'upsert', 'delete'], 'upsert').meta({
        description: 'what to do',
        words: {
          insert: 'sets it where the exporter has no such header',
          update: 'sets it where the exporter has one',
          upsert: 'sets it',
          delete: 'takes it out',
        },
      }),
      value: text().optional().describe('what to set'),
      value_file: text('').describe('a file with what to set, which may change'),
      from_context: text('').describe(
        'the metadata of the client to copy, with `include_metadata: true` in its receiver',
      ),
      from_attribute: text('').describe(
        'the attribute of the client to copy that the authenticator of its receiver gives, `username` of `basicauth` for instance',
      ),
      default_value: text().optional().describe('what to set where the client has no such metadata or attribute'),
    }).transform((raw) => ({
      key: raw.key,
      action: raw.action,
      value: raw.value,
      valueFile: raw.value_file,
      fromContext: raw.from_context,
      fromAttribute: raw.from_attribute,
      defaultValue: raw.default_value,
    })),
  ).meta({ description: 'set in this order', defaultText: 'required' }),
  additional_auth: text('').describe('another extension, whose credentials are sent too'),
}).transform((raw) => ({ headers: raw.headers, additionalAuth: raw.additional_auth }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateHeadersSetter({ headers }: HeadersSetterConfig): readonly Mistake[] {
  if (headers.length === 0) return [{ path: ['headers'], message: 'missing headers configuration' }];
  return headers.flatMap(({ key, action, value, valueFile, fromContext, fromAttribute }, index): Mistake[] => {
    const path = ['headers', index];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key))
      return [{ path, message: `missing header name, or "${key}" is none` }];
    const sources = [value !== undefined, valueFile !== '', fromContext !== '', fromAttribute !== ''].filter(Boolean);
    if (action === 'delete' || sources.length === 1) return [];
    const names = "'from_context', 'from_attribute', 'value', or 'value_file'";
    return sources.length === 0
      ? [{ path, message: `missing header source, must be ${names}` }]
      : [{ path, message: `invalid header source, must be only one of ${names}` }];
  });
}
