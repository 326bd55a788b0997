import { RE2JS } from 're2js';
import { z } from 'zod';
import { messageOf } from '#base';
import { attributeValue } from '#component/attribute-value.ts';
import { strictObject, text } from '#config';
import type { AnyValue } from '#pdata';

/** One of the actions on attributes that several processors have (otelcol-contrib internal/coreinternal/attraction). */
export type ActionConfig =
  | ({ readonly action: 'insert' | 'update' | 'upsert'; readonly key: string } & SourceConfig)
  | { readonly action: 'delete' | 'hash'; readonly key: string; readonly pattern: string }
  | { readonly action: 'extract'; readonly key: string; readonly pattern: string }
  | { readonly action: 'convert'; readonly key: string; readonly convertedType: ConvertedType };

/** Where a value comes from: exactly one of the first three is set. */
export interface SourceConfig {
  readonly value: AnyValue | undefined;
  readonly fromAttribute: string;
  readonly fromContext: string;
  /** Used where the source has nothing. */
  readonly defaultValue: AnyValue | undefined;
}

export type ConvertedType = 'int' | 'double' | 'string';

const ACTION_WORDS: Readonly<Record<string, string>> = {
  insert: 'sets `key` where it is not there, to one of `value`, `from_attribute`, `from_context`, else `default_value`',
  update: 'sets `key` where it is there, from the same',
  upsert: 'sets `key`, from the same',
  delete: 'removes `key`, and every key that matches `pattern`; one of the two is enough',
  hash: 'replaces the value by its SHA-256 in hex, for `key` and `pattern` as above',
  extract: 'sets the attributes that the groups of `pattern` are named after, from the text in `key`',
  convert: 'changes the type of the value of `key` to `converted_type`',
};
const ACTIONS: readonly string[] = Object.keys(ACTION_WORDS);
const TYPES: readonly string[] = ['int', 'double', 'string'];

interface RawAction {
  readonly key: string;
  readonly value?: unknown;
  readonly default_value?: unknown;
  readonly pattern: string;
  readonly from_attribute: string;
  readonly from_context: string;
  readonly converted_type: string;
  readonly action: string;
}

export const attributeAction: z.ZodType<ActionConfig> = strictObject({
  key: text('').describe('the attribute'),
  value: attributeValue
    .optional()
    .meta({ description: 'what to set; a whole number is an int, also if it is written `2.0`', typeName: 'any value' }),
  default_value: attributeValue
    .optional()
    .meta({ description: 'what to set where the source has nothing', typeName: 'any value' }),
  pattern: text('').describe(
    'a regular expression for keys; of `extract` for the text in `key`, its groups name the attributes',
  ),
  from_attribute: text('').describe('copies the value of this attribute, with its type'),
  from_context: text('').describe(
    'copies `metadata.<name>` of the client (where the receiver has `include_metadata: true`; several are joined with `;`), or `client.address`',
  ),
  converted_type: text('').describe('the type to convert to: `int`, `double` or `string`'),
  action: text()
    .transform((word) => word.toLowerCase())
    .meta({ description: 'what to do', typeName: 'one of these words', json: { enum: ACTIONS }, words: ACTION_WORDS }),
}).transform((raw, context): ActionConfig => {
  const messages = mistakesIn(raw);
  for (const message of messages) context.addIssue({ code: 'custom', message });
  return messages.length > 0 ? z.NEVER : actionOf(raw);
});

function actionOf(raw: RawAction): ActionConfig {
  const { key, pattern } = raw;
  switch (raw.action) {
    case 'delete':
    case 'hash':
      return { action: raw.action, key, pattern };
    case 'extract':
      return { action: 'extract', key, pattern };
    case 'convert':
      return { action: 'convert', key, convertedType: raw.converted_type as ConvertedType };
    default:
      return {
        action: raw.action as 'insert' | 'update' | 'upsert',
        key,
        value: raw.value as AnyValue | undefined,
        fromAttribute: raw.from_attribute,
        fromContext: raw.from_context,
        defaultValue: raw.default_value as AnyValue | undefined,
      };
  }
}

/** The rules of contrib's attraction package, in its words. */
function mistakesIn(raw: RawAction): string[] {
  const sources = [raw.value !== undefined, raw.from_attribute !== '', raw.from_context !== ''].filter(Boolean).length;
  const unused = (field: string): string => `action "${raw.action}" does not use the "${field}" field`;
  const messages: string[] = [];
  const check = (isWrong: boolean, message: string): void => {
    if (isWrong) messages.push(message);
  };
  check(!ACTIONS.includes(raw.action), `unsupported action "${raw.action}"; valid actions: ${ACTIONS.join(', ')}`);
  const mayMatchKeys = raw.action === 'delete' || raw.action === 'hash';
  if (mayMatchKeys) check(raw.key === '' && raw.pattern === '', 'at least one of "key" and "pattern" has to be used');
  else check(raw.key === '', 'missing required field "key"');
  if (['insert', 'update', 'upsert'].includes(raw.action)) {
    check(sources === 0 && raw.default_value === undefined, NO_SOURCE);
    check(sources > 1, 'multiple value sources are set; use one of "value", "from_attribute" and "from_context"');
    check(raw.pattern !== '', unused('pattern'));
    check(raw.converted_type !== '', unused('converted_type'));
    check(raw.from_context.startsWith('auth.'), NO_AUTH);
    return messages;
  }
  check(sources > 0 || raw.default_value !== undefined, `action "${raw.action}" does not use a value source`);
  if (raw.action === 'convert') {
    check(raw.pattern !== '', unused('pattern'));
    check(raw.converted_type === '', 'missing required field "converted_type" for action "convert"');
    check(
      raw.converted_type !== '' && !TYPES.includes(raw.converted_type),
      `invalid value "${raw.converted_type}" in field "converted_type"; valid types: ${TYPES.join(', ')}`,
    );
    return messages;
  }
  check(raw.converted_type !== '', unused('converted_type'));
  if (raw.action === 'extract') check(raw.pattern === '', 'missing required field "pattern" for action "extract"');
  if (raw.pattern !== '') messages.push(...patternMistakes(raw.pattern, raw.action === 'extract'));
  return messages;
}

const NO_SOURCE = 'either field "value", "from_attribute" or "from_context" setting must be specified';
const NO_AUTH = 'from_context "auth." needs an authenticator, which is not supported yet';

function patternMistakes(pattern: string, needsNames: boolean): string[] {
  try {
    const expression = RE2JS.compile(pattern);
    if (!needsNames) return [];
    if (expression.groupCount() === 0) return ['field "pattern" contains no named matcher groups'];
    const names = Object.keys(expression.namedGroups()).length;
    return names < expression.groupCount() ? ['field "pattern" contains at least one unnamed matcher group'] : [];
  } catch (error) {
    return [`field "pattern" has invalid pattern: ${messageOf(error)}`];
  }
}
