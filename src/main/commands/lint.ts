import { ConfigErrors } from '#base';
import { printPlace } from '#config';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import type { Flags } from '../flags.ts';
import type { Finding } from '../lint/finding.ts';
import { lintConfiguration } from '../lint/lint.ts';
import { didYouMean, UsageError } from '../usage.ts';

const FORMATS = ['text', 'json'];

/** `signalbox lint FILE`: exit code 1 where something is wrong, with `--strict` where something is worth a warning too. */
export async function lintCommand(flags: Flags): Promise<number> {
  const format = flags.get('format') ?? 'text';
  if (!FORMATS.includes(format)) {
    throw new UsageError(`--format: must be text or json, got "${format}"${didYouMean(format, FORMATS)}`);
  }
  if (flags.config.length === 0) throw new UsageError('no file to look at', 'signalbox lint FILE');
  const findings = await findingsOf(flags);
  process.stdout.write(format === 'json' ? jsonOf(findings) : textOf(findings));
  const isBad = findings.some(({ level }) => level === 'error' || flags.strict);
  return isBad ? 1 : 0;
}

async function findingsOf(flags: Flags): Promise<readonly Finding[]> {
  try {
    return await lintConfiguration(await loadConfiguration(flags), components);
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    const nowhere = { file: flags.config[0]!, line: 1, column: 1 };
    return error.errors.map(({ message, place }) => ({
      level: 'error',
      rule: 'configuration',
      message,
      place: place ?? nowhere,
    }));
  }
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ level, rule, message, place }) => `${printPlace(place)}: ${level}: ${message} [${rule}]`,
  );
  const count = (level: Finding['level']): string => {
    const found = findings.filter((finding) => finding.level === level).length;
    return `${found} ${level}${found === 1 ? '' : 's'}`;
  };
  return `${[...lines, `${count('error')}, ${count('warning')}`].join('\n')}\n`;
}

function jsonOf(findings: readonly Finding[]): string {
  const items = findings.map(({ level, rule, message, place }) => ({ level, rule, ...place, message }));
  return `${JSON.stringify(items, undefined, 2)}\n`;
}
