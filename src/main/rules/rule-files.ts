import { globSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type RuleFile, type RuleLanguage, readRules } from '#alerting';
import { type Clock, messageOf } from '#base';
import type { RulePatterns } from './rule-patterns.ts';

/** Files of rules, by patterns that are looked at again and again: a file that changes, comes or goes is noticed within some seconds. */

const LOOK_MS = 5_000;

interface FoundFile {
  readonly path: string;
  readonly language: RuleLanguage;
}

export interface RuleFilesOptions {
  readonly patterns: RulePatterns;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly changed: (files: readonly RuleFile[]) => Promise<void>;
}

export class RuleFiles {
  readonly #options: RuleFilesOptions;
  /** Of all files: name, size and time of change. */
  #seen = '';
  #cancel: () => void = () => undefined;
  #isClosed = false;

  constructor(options: RuleFilesOptions) {
    this.#options = options;
  }

  /** Reads them, and again when they change. */
  async start(): Promise<void> {
    const found = this.#found();
    for (const pattern of Object.values(this.#options.patterns).flat())
      if (filesOf(pattern).length === 0) this.#options.log('warn', `no file of rules matches ${pattern}`);
    await this.#read(found);
    this.#lookLater();
  }

  /** Reads them now, changed or not. */
  async reload(): Promise<void> {
    await this.#read(this.#found());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#options.clock.after(LOOK_MS, () => {
      const found = this.#found();
      const reading = stateOf(found) === this.#seen ? Promise.resolve() : this.#read(found);
      void reading.finally(() => this.#lookLater());
    });
  }

  #found(): readonly FoundFile[] {
    return found(this.#options.patterns);
  }

  async #read(found: readonly FoundFile[]): Promise<void> {
    const isFirst = this.#seen === '';
    this.#seen = stateOf(found);
    const files = found.map(readRuleFile);
    await this.#options.changed(files);
    const count = files.reduce((sum, { groups }) => sum + groups.length, 0);
    if (!isFirst) this.#options.log('info', `${count} groups of rules from ${found.length} files, read again`);
  }
}

/** All files that patterns name, read once. */
export function readRuleFiles(patterns: RulePatterns): readonly RuleFile[] {
  return found(patterns).map(readRuleFile);
}

/** A file that both languages name is read in PromQL. */
function found({ promql, logql }: RulePatterns): readonly FoundFile[] {
  const languages = new Map<string, RuleLanguage>();
  for (const path of logql.flatMap(filesOf)) languages.set(path, 'logql');
  for (const path of promql.flatMap(filesOf)) languages.set(path, 'promql');
  return Array.from(languages, ([path, language]) => ({ path, language })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesOf(pattern: string): readonly string[] {
  const path = resolve(pattern);
  try {
    if (statSync(path).isDirectory()) return globSync(`${path}/**/*.{yml,yaml}`);
    return [path];
  } catch {
    return globSync(path);
  }
}

function stateOf(files: readonly FoundFile[]): string {
  return JSON.stringify(
    files.map(({ path }) => {
      try {
        const { size, mtimeMs, ino } = statSync(path);
        return [path, size, mtimeMs, ino];
      } catch {
        return [path];
      }
    }),
  );
}

function readRuleFile({ path, language }: FoundFile): RuleFile {
  try {
    return readRules(readFileSync(path, 'utf8'), path, language);
  } catch (error) {
    const fault = { file: path, line: undefined, column: undefined, group: undefined, rule: undefined };
    return { groups: [], faults: [{ ...fault, ruleName: undefined, message: messageOf(error) }] };
  }
}
