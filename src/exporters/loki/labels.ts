import { goQuoted } from '#base';
import { type AnyValue, type LogView, prometheusLabelName, valueText } from '#pdata';
import type { LokiExporterConfig, NamedLabels } from './config.ts';

export type Attributes = { [key: string]: AnyValue };
/** Names as they were asked for, with dots. */
export type Labels = Map<string, string>;

export const HINTS = {
  attributes: 'loki.attribute.labels',
  resources: 'loki.resource.labels',
  tenant: 'loki.tenant',
  format: 'loki.format',
} as const;
const LEVEL = 'level';
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** `INFO`, `INFO2`, … of a severity number; '' for none. */
function levelOf(severity: number): string {
  if (severity < 1 || severity > 24) return '';
  const step = (severity - 1) % 4;
  return `${LEVELS[Math.floor((severity - 1) / 4)]}${step === 0 ? '' : step + 1}`;
}

/** The labels by default and by hint (otelcol-contrib pkg/translator/loki@v0.130.0). Adds `level` to the attributes, as that does. */
export function hintedLabels(
  log: LogView,
  attributes: Attributes,
  resource: Attributes,
  isOn: (label: string) => boolean,
): Labels {
  const labels: Labels = new Map();
  if (isOn('exporter')) labels.set('exporter', 'OTLP');
  const name = resource['service.name'];
  const namespace = resource['service.namespace'];
  if (isOn('job') && name !== undefined) {
    labels.set('job', `${namespace === undefined ? '' : `${valueText(namespace)}/`}${valueText(name)}`);
  }
  const instance = resource['service.instance.id'];
  if (isOn('instance') && instance !== undefined) labels.set('instance', valueText(instance));
  addNamed(labels, resource, resource[HINTS.resources]);
  addNamed(labels, resource, attributes[HINTS.resources]);
  const level = levelOf(log.severityNumber);
  const hasLevel = isOn(LEVEL) && level !== '';
  if (hasLevel) attributes[LEVEL] ??= level;
  const hint = attributes[HINTS.attributes];
  addNamed(labels, attributes, hint);
  if (hasLevel && (hint === undefined || typeof hint === 'string' || Array.isArray(hint))) {
    labels.set(LEVEL, valueText(attributes[LEVEL]!));
  }
  return labels;
}

/** What a hint names: a text with commas between, or a list. */
function addNamed(labels: Labels, attributes: Attributes, hint: AnyValue | undefined): void {
  if (hint === undefined) return;
  const names = Array.isArray(hint)
    ? hint.map(valueText)
    : valueText(hint).split(typeof hint === 'string' ? ',' : '\n');
  for (const name of names.map((one) => one.trim())) {
    const value = nested(attributes, name.split('.'));
    if (value !== undefined) labels.set(name, valueText(value));
  }
}

/** An attribute, or a key of the map in one: the longest name first. */
function nested(attributes: Attributes, segments: readonly string[]): AnyValue | undefined {
  const whole = attributes[segments.join('.')];
  // Deeper than any sensible name: the ways to take it apart are many.
  if (whole !== undefined || segments.length > 16) return whole;
  for (let end = segments.length - 1; end > 0; end--) {
    const inner = attributes[segments.slice(0, end).join('.')];
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || inner instanceof Uint8Array) continue;
    return nested(inner as Attributes, segments.slice(end));
  }
  return undefined;
}

const SEVERITY_NAMES: ReadonlySet<string> = new Set(['severity', 'severity_text', 'severityText', 'level']);

/** The labels that the older block names. An attribute is looked for in the record, in the resource, and as its severity. */
export function namedLabels(log: LogView, attributes: Attributes, resource: Attributes, named: NamedLabels): Labels {
  const labels: Labels = new Map();
  for (const [key, name] of named.attributes) {
    const severity = SEVERITY_NAMES.has(key) && log.severityText !== '' ? log.severityText : undefined;
    const value = attributes[key] ?? resource[key] ?? severity;
    if (value !== undefined) labels.set(name || key, valueText(value));
  }
  for (const [key, name] of named.resource) {
    const value = resource[key];
    if (value !== undefined) labels.set(name || key, valueText(value));
  }
  for (const [field, name] of named.record) {
    const value = recordField(log, field);
    if (value !== '') labels.set(name || field, value);
  }
  // Loki takes no stream without a label.
  if (labels.size === 0) labels.set('exporter', 'OTLP');
  return labels;
}

export function recordField(log: LogView, field: string): string {
  switch (field) {
    case 'traceID':
      return log.traceId;
    case 'spanID':
      return log.spanId;
    case 'severity':
      return log.severityText;
    default:
      return log.severityNumber === 0 ? '' : String(log.severityNumber);
  }
}

/** `{a="b", c="d"}`, in the order of the names. */
export function labelsText(labels: Labels): string {
  const named = new Map([...labels].map(([name, value]) => [prometheusLabelName(name) || name, value]));
  const sorted = [...named].sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}=${goQuoted(value)}`).join(', ')}}`;
}

/** Who the lines belong to; '' for nobody in particular. */
export function tenantOf(
  config: LokiExporterConfig,
  attributes: Attributes,
  resource: Attributes,
  metadata: ReadonlyMap<string, readonly string[]> | undefined,
): string {
  const { tenant } = config;
  if (tenant !== undefined) {
    if (tenant.source === 'static') return tenant.value;
    if (tenant.source === 'context') return metadata?.get(tenant.value.toLowerCase())?.[0] ?? '';
    return valueText(resource[tenant.value] ?? attributes[tenant.value] ?? '');
  }
  const hint = resource[HINTS.tenant] ?? attributes[HINTS.tenant];
  const value = typeof hint === 'string' ? (resource[hint] ?? attributes[hint]) : undefined;
  return typeof value === 'string' ? value : '';
}
