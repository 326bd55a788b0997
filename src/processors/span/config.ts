import { messageOf } from '#base';
import { boolean, list, type Schema, strictObject, text } from '#config';
import { Pattern } from '#lang/pattern';
import { type MatchConfig, matchSchema, signalMistake } from '../shared/match/config.ts';

/** What users write under `span:` (otelcol-contrib processor/spanprocessor). */
export interface SpanConfig {
  /** Only spans that match are changed. */
  readonly include: MatchConfig | undefined;
  /** Of these, spans that match are left alone. */
  readonly exclude: MatchConfig | undefined;
  /** Attributes whose values become the name; none leaves it. */
  readonly fromAttributes: readonly string[];
  readonly separator: string;
  /** Regular expressions for the name, whose groups become attributes. */
  readonly rules: readonly string[];
  readonly breakAfterMatch: boolean;
  readonly keepOriginalName: boolean;
  readonly status: { readonly code: string; readonly description: string } | undefined;
}

const STATUS_WORDS = ['Unset', 'Ok', 'Error'];

export const spanSchema: Schema<SpanConfig> = strictObject({
  include: matchSchema.optional().meta({ description: 'only spans that match are changed', block: 'match' }),
  exclude: matchSchema.optional().meta({ description: 'of these, spans that match are left alone', block: 'match' }),
  name: strictObject({
    from_attributes: list(text()).describe(
      'the name becomes the values of these attributes, in this order; a span that lacks one keeps its name',
    ),
    separator: text('').describe('stands between them'),
    to_attributes: strictObject({
      rules: list(text()).describe(
        'regular expressions for the name, one after the other; a named group becomes an attribute, and what it matched becomes `{its name}` in the name',
      ),
      break_after_match: boolean(false).describe('the first rule that matches is the last'),
      keep_original_name: boolean(false).describe('the name stays as it is'),
    }).describe('from the name to attributes, after `from_attributes`'),
  }).describe('the name of the span'),
  status: strictObject({
    code: text('').meta({
      description: 'the new status',
      json: { enum: STATUS_WORDS },
      typeName: 'one of these words',
      words: {
        Unset: 'nothing is known',
        Ok: 'somebody says that it went well',
        Error: 'it failed',
      },
    }),
    description: text('').describe('why, of `Error` alone'),
  })
    .optional()
    .describe('the status of the span'),
}).transform(({ include, exclude, name, status }) => ({
  include,
  exclude,
  fromAttributes: name.from_attributes,
  separator: name.separator,
  rules: name.to_attributes.rules,
  breakAfterMatch: name.to_attributes.break_after_match,
  keepOriginalName: name.to_attributes.keep_original_name,
  status,
}));

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules over several keys. */
export function validateSpan({ include, exclude, fromAttributes, rules, status }: SpanConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const fail = (path: Mistake['path'], message: string): unknown => mistakes.push({ path, message });
  if (fromAttributes.length === 0 && rules.length === 0 && status === undefined) {
    fail([], 'either "from_attributes" or "to_attributes" must be specified in "name", or "status"');
  }
  if (status !== undefined && !STATUS_WORDS.includes(status.code)) {
    fail(['status', 'code'], `must be one of ${STATUS_WORDS.join(', ')}, got "${status.code}"`);
  } else if (status !== undefined && status.description !== '' && status.code !== 'Error') {
    fail(['status', 'description'], 'can be specified only for the code Error');
  }
  for (const [key, match] of Object.entries({ include, exclude })) {
    const mistake = match && signalMistake(match, 'traces');
    if (mistake !== undefined) fail([key], mistake);
  }
  for (const [index, rule] of rules.entries()) {
    try {
      new Pattern(rule);
    } catch (error) {
      fail(['name', 'to_attributes', 'rules', index], `not a regular expression: ${messageOf(error)}`);
    }
  }
  return mistakes;
}
