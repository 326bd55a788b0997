import { planCollector } from '#collector';
import type { ComponentRegistry } from '#component';
import type { ConfigWarning, LoadedConfig } from '#config';
import { type Finding, inOrder } from './finding.ts';
import { LintFile } from './lint-file.ts';
import { deliveryRules } from './rules-delivery.ts';
import { oldAttributeNames } from './rules-names.ts';
import { prometheusRules } from './rules-prometheus.ts';
import { samplingRules } from './rules-sampling.ts';

const RULES: readonly ((file: LintFile) => Finding[])[] = [
  oldAttributeNames,
  samplingRules,
  deliveryRules,
  prometheusRules,
];

/** What is outdated, does nothing, or means something else than it seems to, in a configuration that loads. */
export function lintRules(config: LoadedConfig): Finding[] {
  const file = new LintFile(config.root);
  return inOrder(RULES.flatMap((rule) => rule(file)));
}

/** All of that, and all mistakes and warnings of a check. */
export async function lintConfiguration(config: LoadedConfig, registry: ComponentRegistry): Promise<Finding[]> {
  const { errors, warnings } = await planCollector(config.root, registry);
  const checked = (level: Finding['level'], { message, place }: ConfigWarning): Finding => ({
    level,
    rule: 'configuration',
    message,
    place,
  });
  return inOrder([
    ...errors.map(({ message, place }) => checked('error', { message, place: place ?? config.root.place })),
    ...[...config.warnings, ...warnings].map((warning) => checked('warning', warning)),
    ...lintRules(config),
  ]);
}
