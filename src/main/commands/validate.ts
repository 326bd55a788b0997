import { ConfigErrors } from '#base';
import { planCollector } from '#collector';
import { printPlace } from '#config';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import type { Flags } from '../flags.ts';

/** `signalbox validate`: exit code 0 and only warnings, or 1 and every mistake. */
export async function validateCommand(flags: Flags): Promise<number> {
  const loaded = await loadConfiguration(flags);
  const { plan, errors, warnings } = await planCollector(loaded.root, components);
  if (plan === undefined) throw new ConfigErrors(errors);
  for (const { message, place } of [...loaded.warnings, ...warnings]) {
    process.stderr.write(`${printPlace(place)}: warning: ${message}\n`);
  }
  return 0;
}
