import { boolean, list, type Schema, strictObject, text } from '#config';

/** An attribute of the exception, its span or its resource that is said of it. */
export interface DimensionConfig {
  readonly name: string;
  /** The value where none of them has it. */
  readonly default: string | undefined;
}

/** What users write under `exceptions:` (otelcol-contrib connector/exceptionsconnector). */
export interface ExceptionsConfig {
  readonly dimensions: readonly DimensionConfig[];
  readonly exemplarsEnabled: boolean;
}

export const SERVICE_NAME = 'service.name';
export const SPAN_NAME = 'span.name';
export const SPAN_KIND = 'span.kind';
export const STATUS_CODE = 'status.code';

export const exceptionsSchema: Schema<ExceptionsConfig> = strictObject({
  dimensions: list(
    strictObject({
      name: text('').describe('of the attribute: of the span, or else of the event, or else of the resource'),
      default: text().optional().describe('the value where none of them has it'),
    }),
    [
      { name: 'exception.type', default: undefined },
      { name: 'exception.message', default: undefined },
    ],
  ).meta({
    description:
      'attributes of the points and records besides `service.name`, `span.name`, `span.kind` and `status.code`',
    defaultText: '`exception.type` and `exception.message`',
  }),
  exemplars: strictObject({
    enabled: boolean(false).describe('points name the spans in which the exceptions happened'),
  }).describe('from a point to a trace'),
}).transform((raw) => ({
  dimensions: raw.dimensions.map(({ name, default: value }) => ({ name, default: value })),
  exemplarsEnabled: raw.exemplars.enabled,
}));

export function validateExceptions({
  dimensions,
}: ExceptionsConfig): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const names = new Set([SERVICE_NAME, SPAN_NAME, SPAN_KIND, STATUS_CODE]);
  return dimensions.flatMap(({ name }, index) => {
    const isKnown = names.has(name);
    names.add(name);
    return isKnown ? [{ path: ['dimensions', index], message: `duplicate dimension name "${name}"` }] : [];
  });
}
