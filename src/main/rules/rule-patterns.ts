import type { RuleLanguage } from '#alerting';
import type { SignalboxConfig } from '#config';
import type { Flags } from '../flags.ts';

/** Names, folders or patterns of files, by the language of the rules in them. */
export type RulePatterns = { readonly [language in RuleLanguage]: readonly string[] };

/** Of each language what the flags name, else what the file of the configuration names. */
export function chosenRules(
  flags: Pick<Flags, 'rules' | 'lokiRules'>,
  section: Pick<SignalboxConfig, 'rules' | 'lokiRules'> | undefined,
): RulePatterns {
  return {
    promql: flags.rules.length > 0 ? flags.rules : (section?.rules ?? []),
    logql: flags.lokiRules.length > 0 ? flags.lokiRules : (section?.lokiRules ?? []),
  };
}
