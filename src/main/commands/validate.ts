import { printFault } from '#alerting';
import { ConfigErrors } from '#base';
import { planCollector } from '#collector';
import { type MapNode, printPlace, readBlock, signalboxSchema } from '#config';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import type { Flags } from '../flags.ts';
import { readRuleFiles } from '../rules/rule-files.ts';
import { chosenRules, type RulePatterns } from '../rules/rule-patterns.ts';

/** `signalbox validate`: exit code 0 and only warnings, or 1 and every mistake. */
export async function validateCommand(flags: Flags): Promise<number> {
  const loaded = await loadConfiguration(flags);
  const { plan, errors, warnings } = await planCollector(loaded.root, components);
  if (plan === undefined) throw new ConfigErrors(errors);
  for (const { message, place } of [...loaded.warnings, ...warnings]) {
    process.stderr.write(`${printPlace(place)}: warning: ${message}\n`);
  }
  const faults = readRuleFiles(rulePatterns(loaded.root, flags)).flatMap((file) => file.faults);
  for (const fault of faults) process.stderr.write(`signalbox: ${printFault(fault)}\n`);
  return faults.length > 0 ? 1 : 0;
}

/** Files of rules belong to the configuration. */
function rulePatterns(root: MapNode, flags: Flags): RulePatterns {
  const section = readBlock(signalboxSchema, { root, path: ['signalbox'] });
  return chosenRules(flags, 'value' in section ? section.value : undefined);
}
