import { list, oneOf, type Schema, strictObject, text } from '#config';

/** What users write under `headers_setter:` (otelcol-contrib extension/headerssetterextension). */
export interface HeadersSetterConfig {
  readonly headers: readonly HeaderConfig[];
  /** The id of another extension, whose credentials are sent too. */
  readonly additionalAuth: string;
}

export interface HeaderConfig {
  readonly key: string;
  readonly action: 'insert' | 'update' | 'upsert';
  readonly value: string | undefined;
  readonly fromContext: string;
  readonly defaultValue: string | undefined;
}

export const headersSetterSchema: Schema<HeadersSetterConfig> = strictObject({
  headers: list(
    strictObject({
      key: text('').describe('the name of the header'),
      action: oneOf(['insert', 'update', 'upsert'], 'upsert').meta({
        description: 'what to do',
        words: {
          insert: 'sets it where the exporter has no such header',
          update: 'sets it where the exporter has one',
          upsert: 'sets it',
        },
      }),
      value: text().optional().describe('what to set'),
      from_context: text('').describe(
        'the metadata of the client to copy, with `include_metadata: true` in its receiver',
      ),
      default_value: text().optional().describe('what to set where the client has no such metadata'),
    }).transform((raw) => ({
      key: raw.key,
      action: raw.action,
      value: raw.value,
      fromContext: raw.from_context,
      defaultValue: raw.default_value,
    })),
  ).meta({ description: 'set in this order', defaultText: 'required' }),
  additional_auth: text('').describe('another extension, whose credentials are sent too'),
}).transform((raw) => ({ headers: raw.headers, additionalAuth: raw.additional_auth }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateHeadersSetter({ headers }: HeadersSetterConfig): readonly Mistake[] {
  if (headers.length === 0) return [{ path: ['headers'], message: 'missing headers configuration' }];
  return headers.flatMap(({ key, value, fromContext }, index): Mistake[] => {
    const path = ['headers', index];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key))
      return [{ path, message: `missing header name, or "${key}" is none` }];
    if (value !== undefined && fromContext !== '') {
      return [{ path, message: "invalid header source, it must either be 'from_context' or 'value'" }];
    }
    return value === undefined && fromContext === ''
      ? [{ path, message: 'missing header source: value or from_context' }]
      : [];
  });
}
