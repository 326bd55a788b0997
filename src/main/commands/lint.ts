import { readFileSync, writeFileSync } from 'node:fs';
import { ConfigErrors, StartError } from '#base';
import { type LoadedConfig, printPlace } from '#config';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import type { Flags } from '../flags.ts';
import type { Finding } from '../lint/finding.ts';
import { type Change, type Fixed, fixConfiguration } from '../lint/fix/fix.ts';
import { unifiedDiff } from '../lint/fix/line-diff.ts';
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
  if (flags.has('fix') || flags.has('diff') || flags.has('in-place')) return fixCommand(flags);
  if (flags.has('names-only')) throw new UsageError('--names-only is about what --fix, --diff or --in-place do');
  const findings = await findingsOf(flags);
  process.stdout.write(format === 'json' ? jsonOf(findings) : textOf(findings));
  const isBad = findings.some(({ level }) => level === 'error' || (level === 'warning' && flags.has('strict')));
  return isBad ? 1 : 0;
}

async function findingsOf(flags: Flags): Promise<readonly Finding[]> {
  try {
    const config = await loadConfiguration(flags);
    const findings = await lintConfiguration(config, components);
    if (flags.with.length === 0) return findings;
    const { lintWith, textOf } = await import('../lint/with/check-with.ts');
    const { readCompanion } = await import('../lint/with/companion.ts');
    return [...findings, ...lintWith(config, textOf(flags.config), flags.with.map(readCompanion))];
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

/** The file that its author meant, as a text, a diff or in place of the old one; what was changed goes to stderr, a line each. */
async function fixCommand(flags: Flags): Promise<number> {
  const [file, ...others] = flags.config;
  if (file === undefined || others.length > 0 || /^\w{2,}:/.test(file)) {
    throw new UsageError('--fix changes one file', 'signalbox lint FILE --fix');
  }
  const text = readText(file);
  const config: LoadedConfig = await loadConfiguration(flags);
  const companions = await companionsOf(flags);
  const needsOwnMetrics = companions.some((companion) => companion.asksForOwnMetrics);
  const fixed = fixConfiguration({ file, text, config, namesOnly: flags.has('names-only'), needsOwnMetrics });
  const all = [{ file, text, fixed }, ...(flags.has('names-only') ? [] : companions)];
  process.stderr.write(changesText(all.flatMap((one) => one.fixed.changes)));
  if (flags.has('diff'))
    process.stdout.write(all.map((one) => unifiedDiff(one.file, one.text, one.fixed.text)).join(''));
  else if (!flags.has('in-place')) {
    process.stdout.write(fixed.text);
    for (const one of companions) {
      if (one.text !== one.fixed.text)
        process.stderr.write(`${one.file}: --diff shows its changes, --in-place writes them\n`);
    }
  } else for (const one of all) writeInPlace(one.file, one.text, one.fixed.text);
  return 0;
}

interface FixedCompanion {
  readonly file: string;
  readonly text: string;
  readonly fixed: Fixed;
  readonly asksForOwnMetrics: boolean;
}

async function companionsOf(flags: Flags): Promise<FixedCompanion[]> {
  if (flags.with.length === 0) return [];
  const { readCompanion } = await import('../lint/with/companion.ts');
  const { asksForOwnMetrics, fixCompanion } = await import('../lint/fix/fix-rules.ts');
  return flags.with.map((file) => {
    const companion = readCompanion(file);
    const { text } = companion;
    return { file, text, fixed: fixCompanion(companion), asksForOwnMetrics: asksForOwnMetrics([companion]) };
  });
}

function writeInPlace(file: string, old: string, text: string): void {
  if (text !== old) writeFileSync(file, text);
  process.stdout.write(`${file}: ${text === old ? 'nothing to change' : 'written'}\n`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** What each kind of change is called in its line. */
const KINDS: Readonly<Record<Change['kind'], string>> = { name: 'name', advice: 'advice', left: 'left as it is' };

function changesText(changes: readonly Change[]): string {
  const lines = changes.map(({ kind, message, place }) => `${printPlace(place)}: ${KINDS[kind]}: ${message}`);
  const count = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  const total = `${count('name')} by name, ${count('advice')} by advice (read them before you use the file), ${count('left')} left`;
  return `${[...lines, total].join('\n')}\n`;
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ level, rule, message, place }) => `${printPlace(place)}: ${level}: ${message} [${rule}]`,
  );
  const count = (level: Finding['level']): string => {
    const found = findings.filter((finding) => finding.level === level).length;
    return `${found} ${level}${found === 1 ? '' : 's'}`;
  };
  const notes = findings.some(({ level }) => level === 'note') ? `, ${count('note')}` : '';
  return `${[...lines, `${count('error')}, ${count('warning')}${notes}`].join('\n')}\n`;
}

function jsonOf(findings: readonly Finding[]): string {
  const items = findings.map(({ level, rule, message, place }) => ({ level, rule, ...place, message }));
  return `${JSON.stringify(items, undefined, 2)}\n`;
}
