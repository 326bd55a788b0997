import { goQuoted } from '#base';
import { isUtf8 } from '#lang/promql';
import { readGrafanaGroups } from './grafana/read-groups.ts';
import type { AlertingRule, RecordingRule, Rule, RuleFault, RuleFile, RuleGroup } from './rule.ts';
import { parseRuleExpr, printRuleExpr, type RuleExpr, type RuleLanguage } from './rule-expr.ts';
import { RuleTemplate } from './rule-template.ts';
import { readYaml, YamlError, type YamlPlace, type YamlValue } from './rule-yaml.ts';
import { durationAt, isNull, refuseUnknown, textAt, textsAt, type YamlMap } from './yaml-fields.ts';

/**
 * Files of rules: Prometheus' own (`groups:`), the operator's PrometheusRule (`spec: groups:`), of which a file may hold several documents, and
 * Grafana's provisioning (`apiVersion: 1`). Loki's have the form of Prometheus'; only the language of their expressions tells them apart. What is
 * wrong is said as Prometheus says it; what is right is read nevertheless.
 */
export function readRules(text: string, file: string, language: RuleLanguage = 'promql'): RuleFile {
  const reader = new RuleReader(file, language);
  try {
    for (const document of readYaml(text)) reader.document(document);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    reader.fault(`yaml: ${error.message}`, error.place);
  }
  return { groups: reader.groups, faults: reader.faults };
}

const CRD_VERSION = 'monitoring.coreos.com/v1';
const GRAFANA_VERSION = '1';
const GROUP_KEYS = new Set(['name', 'interval', 'query_offset', 'limit', 'rules', 'labels']);
/** Of Thanos, which the operator's form has, too. */
const CRD_GROUP_KEYS = new Set([...GROUP_KEYS, 'partial_response_strategy']);
const RULE_KEYS = new Set(['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations']);

/** Where faults of a rule belong. */
interface RuleContext {
  readonly group: string;
  readonly rule?: number;
  readonly ruleName?: string;
}

class RuleReader {
  readonly groups: RuleGroup[] = [];
  readonly faults: RuleFault[] = [];
  readonly #file: string;
  readonly #language: RuleLanguage;
  readonly #names = new Set<string>();

  constructor(file: string, language: RuleLanguage) {
    this.#file = file;
    this.#language = language;
  }

  fault(message: string, place: YamlPlace | undefined, context?: RuleContext): void {
    this.faults.push({
      file: this.#file,
      line: place?.line,
      column: place?.column,
      group: context?.group,
      rule: context?.rule,
      ruleName: context?.ruleName,
      message,
    });
  }

  document(document: YamlValue): void {
    if (document.kind === 'scalar' && document.text === undefined) return;
    if (document.kind !== 'map') {
      this.fault('a file of rules must be a map with the key groups', document.place);
      return;
    }
    const version = this.#text(document, 'apiVersion');
    if (version === undefined) {
      this.#refuseUnknown(document, new Set(['groups']), 'rulefmt.RuleGroups');
      this.#groups(document, GROUP_KEYS);
      return;
    }
    if (version === GRAFANA_VERSION) {
      this.groups.push(
        ...readGrafanaGroups(document, this.#file, (message, place, context) => this.fault(message, place, context)),
      );
      return;
    }
    if (version !== CRD_VERSION) {
      const known = `files of rules have none, ${CRD_VERSION} or, from Grafana, ${GRAFANA_VERSION}`;
      this.fault(`apiVersion ${goQuoted(version)} is not known; ${known}`, document.place);
      return;
    }
    const items = document.entries.get('items')?.value;
    if (items?.kind === 'list') for (const item of items.items) this.document(item);
    const spec = document.entries.get('spec')?.value;
    if (spec?.kind === 'map') this.#groups(spec, CRD_GROUP_KEYS);
    else if (items === undefined) this.fault('a PrometheusRule must have the map spec', document.place);
  }

  #groups(map: YamlMap, keys: ReadonlySet<string>): void {
    const groups = map.entries.get('groups')?.value;
    if (groups === undefined || isNull(groups)) return;
    if (groups.kind !== 'list') {
      this.fault('groups must be a list', groups.place);
      return;
    }
    for (const item of groups.items) {
      const before = this.faults.length;
      const group = this.#group(item, keys);
      if (group !== undefined && this.faults.length === before) this.groups.push(group);
    }
  }

  #group(node: YamlValue, keys: ReadonlySet<string>): RuleGroup | undefined {
    if (node.kind !== 'map') {
      this.fault('a group must be a map', node.place);
      return undefined;
    }
    this.#refuseUnknown(node, keys, 'rulefmt.RuleGroup');
    const name = this.#text(node, 'name') ?? '';
    if (name === '') this.fault('Groupname must not be empty', node.place);
    if (this.#names.has(name)) this.fault(`groupname: "${name}" is repeated in the same file`, node.place);
    this.#names.add(name);
    const labels = this.#texts(node, 'labels');
    this.#checkLabels(labels, { group: name });
    const rules = node.entries.get('rules')?.value;
    if (rules !== undefined && rules.kind !== 'list' && !isNull(rules)) this.fault('rules must be a list', rules.place);
    const items = rules?.kind === 'list' ? rules.items : [];
    return {
      name,
      file: this.#file,
      language: this.#language,
      intervalMs: this.#duration(node, 'interval') || undefined,
      queryOffsetMs: this.#duration(node, 'query_offset'),
      limit: this.#limit(node),
      rules: items.flatMap((item, index) => this.#rule(item, name, index + 1, labels) ?? []),
    };
  }

  #limit(node: YamlMap): number {
    const text = this.#text(node, 'limit');
    if (text === undefined) return 0;
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    this.fault(`limit must be a whole number, not ${goQuoted(text)}`, node.entries.get('limit')!.value.place);
    return 0;
  }

  #rule(node: YamlValue, group: string, number: number, groupLabels: ReadonlyMap<string, string>): Rule | undefined {
    if (node.kind !== 'map') {
      this.fault('a rule must be a map', node.place, { group, rule: number });
      return undefined;
    }
    this.#refuseUnknown(node, RULE_KEYS, 'rulefmt.Rule');
    const record = this.#text(node, 'record') ?? '';
    const alert = this.#text(node, 'alert') ?? '';
    const context = { group, rule: number, ruleName: alert || record };
    const place = (key: string): YamlPlace => node.entries.get(key)?.value.place ?? node.place;
    if (record !== '' && alert !== '')
      this.fault("only one of 'record' and 'alert' must be set", place('record'), context);
    if (record === '' && alert === '') this.fault("one of 'record' or 'alert' must be set", node.place, context);
    const expr = this.#expression(this.#text(node, 'expr') ?? '', place('expr'), context);
    const labels = this.#texts(node, 'labels');
    this.#checkLabels(labels, context);
    const annotations = this.#texts(node, 'annotations');
    for (const name of annotations.keys())
      if (!isName(name)) this.fault(`invalid annotation name: ${name}`, place('annotations'), context);
    const forMs = this.#duration(node, 'for') ?? 0;
    const keepFiringForMs = this.#duration(node, 'keep_firing_for') ?? 0;
    const all = new Map([...groupLabels, ...labels]);
    const { line } = node.place;
    if (record !== '') {
      this.#checkRecording(node, record, { annotations, forMs, keepFiringForMs }, context);
      return (
        expr &&
        ({
          kind: 'recording',
          name: record,
          expr,
          query: printRuleExpr(expr),
          labels: all,
          line,
        } satisfies RecordingRule)
      );
    }
    const templates = {
      labels: this.#templates(all, 'label', alert, place('labels'), context),
      annotations: this.#templates(annotations, 'annotation', alert, place('annotations'), context),
    };
    return (
      expr &&
      ({
        kind: 'alerting',
        name: alert,
        expr,
        query: printRuleExpr(expr),
        forMs,
        keepFiringForMs,
        ...templates,
        line,
      } satisfies AlertingRule)
    );
  }

  #checkRecording(
    node: YamlMap,
    name: string,
    given: {
      readonly annotations: ReadonlyMap<string, string>;
      readonly forMs: number;
      readonly keepFiringForMs: number;
    },
    context: RuleContext,
  ): void {
    const place = node.entries.get('record')!.value.place;
    const refuse = (field: string): void => this.fault(`invalid field '${field}' in recording rule`, place, context);
    if (given.annotations.size > 0) refuse('annotations');
    if (given.forMs !== 0) refuse('for');
    if (given.keepFiringForMs !== 0) refuse('keep_firing_for');
    if (!isUtf8(name)) this.fault(`invalid recording rule name: ${name}`, place, context);
    if (/[{}]/.test(name))
      this.fault(`braces present in the recording rule name; should it be in expr?: ${name}`, place, context);
  }

  #expression(text: string, place: YamlPlace, context: RuleContext): RuleExpr | undefined {
    if (text === '') {
      this.fault("field 'expr' must be set in rule", place, context);
      return undefined;
    }
    try {
      return parseRuleExpr(text, this.#language);
    } catch (error) {
      this.fault(`could not parse expression: ${(error as Error).message}`, place, context);
      return undefined;
    }
  }

  #templates(
    texts: ReadonlyMap<string, string>,
    what: 'label' | 'annotation',
    alert: string,
    place: YamlPlace,
    context: RuleContext,
  ): ReadonlyMap<string, RuleTemplate> {
    const templates = new Map<string, RuleTemplate>();
    for (const [name, text] of texts) {
      try {
        templates.set(name, new RuleTemplate(alert, text));
      } catch (error) {
        this.fault(`${what} ${goQuoted(name)}: ${(error as Error).message}`, place, context);
      }
    }
    return templates;
  }

  #checkLabels(labels: ReadonlyMap<string, string>, context: RuleContext): void {
    for (const [name, value] of labels) {
      if (!isName(name) || name === '__name__') this.fault(`invalid label name: ${name}`, undefined, context);
      if (!isUtf8(value)) this.fault(`invalid label value: ${value}`, undefined, context);
    }
  }

  #refuseUnknown(map: YamlMap, known: ReadonlySet<string>, type: string): void {
    this.#tried(() => refuseUnknown(map, known, type));
  }

  #text(map: YamlMap, key: string): string | undefined {
    return this.#tried(() => textAt(map, key));
  }

  #texts(map: YamlMap, key: string): ReadonlyMap<string, string> {
    return this.#tried(() => textsAt(map, key)) ?? new Map();
  }

  #duration(map: YamlMap, key: string): number | undefined {
    return this.#tried(() => durationAt(map, key));
  }

  /** What is wrong with a field is a fault, and the field then as if it was not there. */
  #tried<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      this.fault(`yaml: ${error.message}`, error.place);
      return undefined;
    }
  }
}

/** Any text that is UTF-8. */
function isName(name: string): boolean {
  return name !== '' && isUtf8(name);
}
