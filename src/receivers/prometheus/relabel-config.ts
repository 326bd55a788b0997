import { RE2JS } from 're2js';
import { z } from 'zod';
import { excerpt, messageOf } from '#base';
import { describe, integer, list, scalarText, strictObject } from '#config';

/** A rule that changes labels, or leaves out what has them (prometheus/model/relabel@v0.316.0). */
export interface RelabelConfig {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
}

const ACTION_WORDS = {
  replace: 'sets `target_label` to `replacement`, with the groups of `regex`, where that matches',
  keep: 'leaves out what `regex` does not match',
  drop: 'leaves out what `regex` matches',
  keepequal: 'leaves out what differs from the value of `target_label`',
  dropequal: 'leaves out what is the value of `target_label`',
  hashmod: 'sets `target_label` to the hash of the values, modulo `modulus`',
  labelmap: 'copies labels whose name `regex` matches to the name `replacement`',
  labeldrop: 'removes labels whose name `regex` matches',
  labelkeep: 'removes labels whose name `regex` does not match',
  lowercase: 'sets `target_label` to the values in small letters',
  uppercase: 'sets `target_label` to the values in capitals',
} as const;
export type RelabelAction = keyof typeof ACTION_WORDS;
const ACTIONS = Object.keys(ACTION_WORDS) as RelabelAction[];

export const DEFAULT_REGEX = '(.*)';
const DEFAULT_REPLACEMENT = '$1';

const action = z
  .any()
  .transform((value, context): RelabelAction => {
    const word = typeof value === 'string' ? value.toLowerCase() : '';
    if (word in ACTION_WORDS) return word as RelabelAction;
    context.addIssue({ code: 'custom', message: `unknown relabel action ${describe(value)}` });
    return z.NEVER;
  })
  .meta({ typeName: 'word', words: ACTION_WORDS, json: { enum: ACTIONS } })
  .default('replace');

/** The pattern as Prometheus reads it: it matches all of a text, and its dot any letter. Throws where it is none. */
export function compileRelabelRegex(pattern: string): RE2JS {
  return RE2JS.compile(`^(?s:${pattern})$`);
}

export const relabelConfig: z.ZodType<RelabelConfig> = strictObject({
  source_labels: list(scalarText()).describe('whose values are joined'),
  separator: scalarText(';').describe('between them'),
  regex: scalarText(DEFAULT_REGEX).describe(
    'an RE2 pattern that must match all of it; in this file `$` is written `$$`',
  ),
  modulus: integer(0, { min: 0 }).describe('of the action `hashmod`'),
  target_label: scalarText('').describe('the label to set'),
  replacement: scalarText(DEFAULT_REPLACEMENT).describe('its value, with `$1` and so on for the groups of `regex`'),
  action: action.describe('what the rule does'),
})
  .superRefine((raw, context) => {
    const fail = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    try {
      compileRelabelRegex(raw.regex);
    } catch (error) {
      fail(['regex'], `"${excerpt(raw.regex)}" is no RE2 pattern: ${messageOf(error)}`);
    }
    for (const message of mistakesIn(raw)) fail([], message);
  })
  .transform((raw) => ({
    action: raw.action,
    sourceLabels: raw.source_labels,
    separator: raw.separator,
    regex: raw.regex,
    modulus: raw.modulus,
    targetLabel: raw.target_label,
    replacement: raw.replacement,
  }));

interface RawRelabel {
  readonly action: RelabelAction;
  readonly source_labels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly target_label: string;
  readonly replacement: string;
}

const WITH_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

function* mistakesIn(raw: RawRelabel): Generator<string> {
  const { action: kind } = raw;
  const hasTarget = raw.target_label !== '';
  if (kind === 'hashmod' && raw.modulus === 0) yield 'relabel configuration for hashmod requires non-zero modulus';
  if (WITH_TARGET.has(kind) && !hasTarget) {
    yield `relabel configuration for ${kind} action requires 'target_label' value`;
  }
  const hasReplacement = raw.replacement !== DEFAULT_REPLACEMENT;
  if (WITH_TARGET.has(kind) && kind !== 'replace' && kind !== 'hashmod' && hasReplacement) {
    yield `'replacement' can not be set for ${kind} action`;
  }
  const hasOthers = raw.separator !== ';' || raw.modulus !== 0 || hasReplacement;
  if ((kind === 'keepequal' || kind === 'dropequal') && (hasOthers || raw.regex !== DEFAULT_REGEX)) {
    yield `${kind} action requires only 'source_labels' and 'target_label', and no other fields`;
  }
  if ((kind === 'labeldrop' || kind === 'labelkeep') && (hasOthers || hasTarget || raw.source_labels.length > 0)) {
    yield `${kind} action requires only 'regex', and no other fields`;
  }
}

export const relabelConfigs: z.ZodType<readonly RelabelConfig[]> = list(relabelConfig);
