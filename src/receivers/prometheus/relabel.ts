import { createHash } from 'node:crypto';
import type { RE2JS } from 're2js';
import { compileRelabelRegex, DEFAULT_REGEX, type RelabelConfig } from './relabel-config.ts';

/** Labels by name; one with an empty value counts as absent. */
export type LabelMap = Map<string, string>;

/** What is between the groups of a replacement, and the groups. */
type Template = readonly (string | number)[];

/** The rules of a `relabel_configs`, made ready once. */
export class Relabeler {
  readonly #rules: readonly Rule[];

  constructor(configs: readonly RelabelConfig[]) {
    this.#rules = configs.map((config) => new Rule(config));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Changes the labels. False where what has them is left out. */
  apply(labels: LabelMap): boolean {
    for (const rule of this.#rules) if (!rule.apply(labels)) return false;
    return true;
  }
}

class Rule {
  readonly #config: RelabelConfig;
  readonly #regex: RE2JS;
  readonly #target: Template;
  readonly #replacement: Template;
  /** Whether an empty text needs no pattern to be replaced. */
  readonly #isPlain: boolean;

  constructor(config: RelabelConfig) {
    this.#config = config;
    this.#regex = compileRelabelRegex(config.regex);
    const groups = this.#regex.namedGroups() as Readonly<Record<string, number>>;
    this.#target = templateOf(config.targetLabel, groups);
    this.#replacement = templateOf(config.replacement, groups);
    const isText = (template: Template): boolean => template.every((part) => typeof part === 'string');
    this.#isPlain = config.regex === DEFAULT_REGEX && isText(this.#target) && isText(this.#replacement);
  }

  apply(labels: LabelMap): boolean {
    const { action, targetLabel } = this.#config;
    switch (action) {
      case 'keep':
        return this.#regex.matches(this.#source(labels));
      case 'drop':
        return !this.#regex.matches(this.#source(labels));
      case 'keepequal':
        return (labels.get(targetLabel) ?? '') === this.#source(labels);
      case 'dropequal':
        return (labels.get(targetLabel) ?? '') !== this.#source(labels);
      case 'replace':
        this.#replace(labels);
        return true;
      case 'lowercase':
        set(labels, targetLabel, this.#source(labels).toLowerCase());
        return true;
      case 'uppercase':
        set(labels, targetLabel, this.#source(labels).toUpperCase());
        return true;
      case 'hashmod':
        set(labels, targetLabel, String(hashOf(this.#source(labels)) % BigInt(this.#config.modulus)));
        return true;
      case 'labelmap':
        for (const [name, value] of [...labels]) {
          const matcher = this.#regex.matcher(name);
          if (matcher.matches()) set(labels, expand(this.#replacement, matcher), value);
        }
        return true;
      case 'labeldrop':
        for (const name of [...labels.keys()]) if (this.#regex.matches(name)) labels.delete(name);
        return true;
      case 'labelkeep':
        for (const name of [...labels.keys()]) if (!this.#regex.matches(name)) labels.delete(name);
        return true;
    }
  }

  #source(labels: LabelMap): string {
    const { sourceLabels, separator } = this.#config;
    if (sourceLabels.length === 1) return labels.get(sourceLabels[0]!) ?? '';
    return sourceLabels.map((name) => labels.get(name) ?? '').join(separator);
  }

  #replace(labels: LabelMap): void {
    const source = this.#source(labels);
    if (source === '' && this.#isPlain) {
      set(labels, this.#config.targetLabel, this.#config.replacement);
      return;
    }
    const matcher = this.#regex.matcher(source);
    if (!matcher.matches()) return;
    const target = expand(this.#target, matcher);
    if (target !== '') set(labels, target, expand(this.#replacement, matcher));
  }
}

function set(labels: LabelMap, name: string, value: string): void {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
}

/** The last eight bytes of the MD5, as Prometheus has it: so two of them share targets out in the same way. */
function hashOf(text: string): bigint {
  return createHash('md5').update(text).digest().readBigUInt64BE(8);
}

/** A replacement of Go's regexp: `$1`, `${1}`, `$name`, `$$`; a name is as long as it can be, and an unknown one is empty. */
function templateOf(text: string, groups: Readonly<Record<string, number>>): Template {
  const parts: (string | number)[] = [];
  let at = 0;
  for (const match of text.matchAll(/\$(?:\$|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})/g)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push('$');
    else if (/^\d+$/.test(name)) parts.push(Number(name));
    else parts.push(groups[name] ?? Number.MAX_SAFE_INTEGER);
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

type Matcher = ReturnType<RE2JS['matcher']>;

function expand(template: Template, matcher: Matcher): string {
  let text = '';
  for (const part of template) {
    if (typeof part === 'string') text += part;
    else if (part <= matcher.groupCount()) text += matcher.group(part) ?? '';
  }
  return text;
}
