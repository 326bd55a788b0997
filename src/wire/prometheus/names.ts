import { METRIC_GAUGE, METRIC_SUM, prometheusUnitSuffixes } from '#pdata';

/** How names of OpenTelemetry become names of Prometheus: a `translation_strategy`. */
export interface NamingStrategy {
  /** The unit, `_total` and `_ratio` are added. */
  readonly withSuffixes: boolean;
  /** Letters that older readers of Prometheus don't know stay. */
  readonly keepsUtf8: boolean;
}

export const NAMING_STRATEGIES: Readonly<Record<string, NamingStrategy>> = {
  UnderscoreEscapingWithSuffixes: { withSuffixes: true, keepsUtf8: false },
  UnderscoreEscapingWithoutSuffixes: { withSuffixes: false, keepsUtf8: false },
  NoUTF8EscapingWithSuffixes: { withSuffixes: true, keepsUtf8: true },
  NoTranslation: { withSuffixes: false, keepsUtf8: true },
};

export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  /** METRIC_*. */
  readonly type: number;
  readonly isMonotonic: boolean;
}

/** The name of a metric, '' where nothing of it is left (prometheus/otlptranslator@v1.0.0 metric_namer.go). */
export function exposedMetricName(metric: NamedMetric, namespace: string, strategy: NamingStrategy): string {
  const isCounter = metric.type === METRIC_SUM && metric.isMonotonic;
  const isRatio = metric.type === METRIC_GAUGE && metric.unit === '1';
  const kind = isCounter ? 'total' : isRatio ? 'ratio' : '';
  if (strategy.keepsUtf8) return withUtf8(metric, namespace, kind, strategy.withSuffixes);
  const name = strategy.withSuffixes ? withSuffixes(metric, namespace, kind) : withoutSuffixes(metric.name, namespace);
  return name !== metric.name && /^_*$/.test(name) ? '' : name;
}

function withUtf8({ name, unit }: NamedMetric, namespace: string, kind: string, hasSuffixes: boolean): string {
  let full = namespace === '' ? name : `${namespace}_${name}`;
  if (!hasSuffixes) return full;
  const { main, per } = prometheusUnitSuffixes(unit);
  for (const suffix of [kind, per]) if (suffix !== '') full = withoutSuffix(full, suffix);
  if (main !== '' && !full.endsWith(main)) full += `_${main}`;
  for (const suffix of [per, kind]) if (suffix !== '') full += `_${suffix}`;
  return full;
}

/** Takes the letter before the suffix with it, whatever that is. */
function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1 ? name.slice(0, -suffix.length - 1) : name;
}

function withSuffixes({ name, unit }: NamedMetric, namespace: string, kind: string): string {
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const suffixes = prometheusUnitSuffixes(unit);
  const main = legalUnit(suffixes.main);
  const per = legalUnit(suffixes.per).replace(/_$/, '');
  const addsPer = per !== '' && per !== 'per' && !tokens.includes(per);
  const addsMain = main !== '' && !tokens.includes(main);
  if (addsMain) tokens.push(addsPer ? main.replace(/_$/, '') : main);
  if (addsPer) tokens.push(per);
  if (kind !== '') tokens = [...tokens.filter((token) => token !== kind), kind];
  // As it is configured: what is no letter in it is escaped with the whole name, when a reader asks for that.
  if (namespace !== '') tokens.unshift(namespace);
  const joined = tokens.join('_');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

function legalUnit(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');
}

function withoutSuffixes(name: string, namespace: string): string {
  const legal = legalParts(name);
  if (namespace !== '') return `${legalParts(namespace)}_${legal}`;
  return /^[0-9]/.test(legal) ? `_${legal}` : legal;
}

function legalParts(text: string): string {
  return text
    .split(/[^a-zA-Z0-9:_]+/)
    .filter((part) => part !== '')
    .join('_');
}

/** The label of an attribute; '' where it can't be one. */
export function exposedLabelName(key: string, strategy: NamingStrategy): string {
  const name = strategy.keepsUtf8 ? key : escapedLabel(key);
  // Two underscores in front are Prometheus's own.
  return /^_*$/.test(name) || name.startsWith('__') ? '' : name;
}

function escapedLabel(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9]/gu, '_');
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/** The label of an attribute in remote write: runs of `_` are one, and none is in front (otlptranslator's LabelNamer as that exporter sets it). */
export function writtenLabelName(key: string, strategy: NamingStrategy): string {
  if (strategy.keepsUtf8) return /^_*$/.test(key) ? '' : key;
  const reserved = /^__(.*)__$/su.exec(key);
  const collapsed = (reserved?.[1] ?? key).replaceAll(/[^a-zA-Z0-9]+/gu, '_');
  const name = reserved === null ? collapsed : `__${collapsed}__`;
  const legal = /^[0-9]/.test(name) ? `key_${name}` : /^_(?!_)/.test(name) ? `key${name}` : name;
  return /^_*$/.test(legal) ? '' : legal;
}

/** The unit of a metric as metadata says it: `seconds`, `bytes_per_second`. */
export function writtenUnit(unit: string, strategy: NamingStrategy): string {
  const { main, per } = prometheusUnitSuffixes(unit);
  const parts = (strategy.keepsUtf8 ? [main, per] : [legalUnit(main), legalUnit(per)]).filter((part) => part !== '');
  return parts.join('_').replace(/^_/, '').replace(/_$/, '');
}
