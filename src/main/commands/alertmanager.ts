import { ConfigErrors, messageOf } from '#base';
import { printPlace } from '#config';
import type { Flags } from '../flags.ts';
import { UsageError } from '../usage.ts';

const USAGE = 'signalbox alertmanager check FILE…';

/** `signalbox alertmanager check FILE…`, with the words of amtool's check-config. */
export async function alertmanagerCommand(flags: Flags, words: readonly string[]): Promise<number> {
  const [verb, ...files] = words;
  if (verb !== 'check') throw new UsageError(`expected check, got ${JSON.stringify(verb ?? '')}`, USAGE);
  if (files.length === 0) throw new UsageError('no file to look at', USAGE);
  const { readSetup } = await import('#alerting/notify');
  let failedCount = 0;
  for (const file of files) {
    process.stdout.write(`Checking '${file}'`);
    try {
      const { config } = readSetup(file, { allowsAbsent: flags.has('allow-unsupported-receivers') });
      const { inhibitRules, receivers, templates, warnings } = config;
      const found = [
        'global config',
        'route',
        `${inhibitRules.length} inhibit rules`,
        `${receivers.length} receivers`,
        `${templates.length} templates`,
      ];
      process.stdout.write(`  SUCCESS\nFound:\n${found.map((line) => ` - ${line}\n`).join('')}`);
      for (const warning of warnings) process.stdout.write(`  warning: ${warning}\n`);
    } catch (error) {
      failedCount++;
      process.stdout.write(`  FAILED: ${linesOf(error).join('\n  FAILED: ')}\n`);
    }
    process.stdout.write('\n');
  }
  if (failedCount === 0) return 0;
  process.stderr.write(`signalbox: failed to validate ${failedCount} file(s)\n`);
  return 1;
}

function linesOf(error: unknown): readonly string[] {
  if (!(error instanceof ConfigErrors)) return [messageOf(error)];
  return error.errors.map(({ message, place }) => (place === undefined ? message : `${printPlace(place)}: ${message}`));
}
