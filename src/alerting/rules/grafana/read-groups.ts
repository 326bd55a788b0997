import type { AlertingRule, RuleGroup } from '../rule.ts';
import { RuleTemplate } from '../rule-template.ts';
import { YamlError, type YamlPlace } from '../rule-yaml.ts';
import { durationAt, mapOf, mapsAt, textAt, type YamlMap } from '../yaml-fields.ts';
import { printCondition } from './condition.ts';
import { choiceAt, flagAt, mapAt, numberAt, placeOf } from './plain.ts';
import { readCondition } from './read-nodes.ts';
import { ERROR_STATES, type GrafanaSettings, NO_DATA_STATES, RECEIVER_LABEL } from './states.ts';

/** `groups` of a file of Grafana's provisioning (`apiVersion: 1`). Its other parts are of notifications (#alerting/notify). */

export interface FaultContext {
  readonly group: string;
  readonly rule?: number;
  readonly ruleName?: string;
}

export type ReportFault = (message: string, place: YamlPlace | undefined, context?: FaultContext) => void;

/** A group with a fault is left out as a whole. */
export function readGrafanaGroups(document: YamlMap, file: string, report: ReportFault): readonly RuleGroup[] {
  const names = new Set<string>();
  const groups: RuleGroup[] = [];
  let faultCount = 0;
  const counted: ReportFault = (...fault) => {
    faultCount++;
    report(...fault);
  };
  const items = tried(() => mapsAt(document, 'groups'), counted) ?? [];
  for (const item of items) {
    const before = faultCount;
    const group = readGroup(item, { file, names, report: counted });
    if (faultCount === before && group !== undefined) groups.push(group);
  }
  return groups;
}

interface GroupContext {
  readonly file: string;
  /** Of the groups before. */
  readonly names: Set<string>;
  readonly report: ReportFault;
}

function tried<T>(read: () => T, report: ReportFault, context?: FaultContext): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    report(error.message, error.place, context);
    return undefined;
  }
}

function readGroup(item: YamlMap, { file, names, report }: GroupContext): RuleGroup | undefined {
  const written = tried(() => textAt(item, 'name'), report) ?? '';
  if (written === '') report('a group must have a name', item.place);
  const folder = tried(() => textAt(item, 'folder'), report) ?? '';
  // In Grafana a group is one of its folder.
  const name = names.has(written) ? `${written} (${folder})` : written;
  if (names.has(name)) report(`group ${JSON.stringify(name)} is there twice`, item.place);
  names.add(name);
  const context = { group: name };
  const intervalMs = tried(() => durationAt(item, 'interval'), report, context);
  if (intervalMs === undefined || intervalMs <= 0)
    report('a group must have an interval', placeOf(item, 'interval'), context);
  const rules = tried(() => mapsAt(item, 'rules'), report, context) ?? [];
  return {
    ...{ name, file, language: 'promql', intervalMs, queryOffsetMs: undefined, limit: 0 },
    rules: rules.flatMap((rule, index) => {
      const title = tried(() => textAt(rule, 'title'), report, context) ?? '';
      const own = { group: name, rule: index + 1, ruleName: title };
      return tried(() => readRule(rule, { title, folder, report, context: own }), report, own) ?? [];
    }),
  };
}

interface RuleContext {
  readonly title: string;
  readonly folder: string;
  readonly report: ReportFault;
  readonly context: FaultContext;
}

function readRule(rule: YamlMap, { title, folder, report, context }: RuleContext): AlertingRule {
  if (title === '') throw new YamlError('a rule must have a title', rule.place);
  if (mapAt(rule, 'record') !== undefined)
    throw new YamlError('recording rules of Grafana are not read; write one of Prometheus', placeOf(rule, 'record'));
  const written = rawTexts(rule, 'annotations');
  // What Grafana keeps for itself, such as the panel, is for nobody's eyes.
  const annotations = new Map(Array.from(written).filter(([name]) => !name.startsWith('__')));
  const grafana: GrafanaSettings = {
    uid: textAt(rule, 'uid') ?? '',
    folder,
    noData: choiceAt(rule, 'noDataState', NO_DATA_STATES, 'NoData'),
    onError: choiceAt(rule, 'execErrState', ERROR_STATES, 'Alerting'),
    isPaused: flagAt(rule, 'isPaused'),
    missingMax: numberAt(rule, 'missingSeriesEvalsToResolve') ?? numberAt(rule, 'missing_series_evals_to_resolve') ?? 2,
    dashboardUid: textAt(rule, 'dashboardUid') ?? written.get('__dashboardUid__') ?? '',
  };
  const condition = readCondition(rule);
  const labels = new Map([
    ...(folder === '' ? [] : [['grafana_folder', folder] as const]),
    ...rawTexts(rule, 'labels'),
  ]);
  const receiver = receiverOf(rule);
  if (receiver !== undefined) labels.set(RECEIVER_LABEL, receiver);
  const templates = (texts: ReadonlyMap<string, string>, key: string): ReadonlyMap<string, RuleTemplate> =>
    new Map(
      Array.from(texts).flatMap(([name, text]) => {
        const template = tried(() => templateOf(title, text, placeOf(rule, key)), report, context);
        return template === undefined ? [] : [[name, template] as const];
      }),
    );
  return {
    ...{ kind: 'alerting', name: title, expr: condition, query: printCondition(condition), grafana },
    forMs: durationAt(rule, 'for') ?? 0,
    keepFiringForMs: durationAt(rule, 'keepFiringFor') ?? durationAt(rule, 'keep_firing_for') ?? 0,
    labels: templates(labels, 'labels'),
    annotations: templates(annotations, 'annotations'),
    line: rule.place.line,
  };
}

function templateOf(title: string, text: string, place: YamlPlace): RuleTemplate {
  try {
    return new RuleTemplate(title, text, 'grafana');
  } catch (error) {
    throw new YamlError((error as Error).message, place);
  }
}

function rawTexts(rule: YamlMap, key: string): ReadonlyMap<string, string> {
  const map = mapAt(rule, key);
  if (map === undefined) return new Map();
  return new Map(Array.from(map.entries.keys(), (name) => [name, (textAt(map, name) ?? '').replaceAll('$$', '$')]));
}

/** Of the settings beside it only the receiver is known. */
function receiverOf(rule: YamlMap): string | undefined {
  const value = rule.entries.get('notification_settings')?.value ?? rule.entries.get('notificationSettings')?.value;
  if (value === undefined || (value.kind === 'scalar' && value.text === undefined)) return undefined;
  const settings = mapOf(value, 'notification_settings');
  for (const [name, { keyPlace }] of settings.entries)
    if (name !== 'receiver')
      throw new YamlError(`notification_settings: ${name} is not known here; say it in a policy`, keyPlace);
  return textAt(settings, 'receiver');
}
