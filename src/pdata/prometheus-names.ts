/**
 * Names as Prometheus knows them: what a metric or an attribute of OTLP is called in PromQL.
 * Sources: OpenTelemetry's specification, "Prometheus and OpenMetrics Compatibility"; prometheus/otlptranslator, strategy
 * UnderscoreEscapingWithSuffixes, which is what otelcol's prometheus exporter does by default.
 */

import { METRIC_GAUGE, METRIC_SUM } from './point-fields.ts';

/**
 * The instrumentation scope of metrics that are Prometheus' own series, pushed by remote write or recorded by a rule: name and labels are
 * those of the metric and its points as they stand, `job` and `instance` among them, and nothing is added to them.
 */
export const PROMETHEUS_SCOPE = 'signalbox/prometheus';

/** Units of UCUM, as the specification names them. A unit that is not here stays as it is. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['kBy', 'kilobytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);
/** Behind a slash. `m` is a minute here, as the sources have it. */
const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/** `type`: METRIC_*. A name without any letter or digit that Prometheus knows stays as it is; PromQL can quote it. */
export function prometheusMetricName(name: string, unit: string, type: number, isMonotonic: boolean): string {
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  addUnit(tokens, unit);
  if (type === METRIC_SUM && isMonotonic) moveToEnd(tokens, 'total');
  if (type === METRIC_GAUGE && unit === '1') moveToEnd(tokens, 'ratio');
  const joined = tokens.join('_');
  if (!/[^_]/.test(joined)) return name;
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

function moveToEnd(tokens: string[], token: string): void {
  const others = tokens.filter((one) => one !== token);
  tokens.splice(0, tokens.length, ...others, token);
}

/** Adds `bytes`, `per_second` and the like, unless the name has it. */
function addUnit(tokens: string[], unit: string): void {
  const suffixes = prometheusUnitSuffixes(unit);
  const main = legalUnit(suffixes.main);
  const per = legalUnit(suffixes.per).replace(/_$/, '');
  const addRest = per !== '' && per !== 'per' && !tokens.includes(per);
  const first = addRest ? main.replace(/_$/, '') : main;
  if (first !== '' && !tokens.includes(main)) tokens.push(first);
  if (addRest) tokens.push(per);
}

function legalUnit(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');
}

/** `milliseconds` and `per_second` of a unit, with whatever letters it has; '' for none. Units in braces say what is counted, not in what. */
export function prometheusUnitSuffixes(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/');
  const main = unitOf(slash < 0 ? unit : unit.slice(0, slash), UNITS);
  const per = slash < 0 ? '' : unitOf(unit.slice(slash + 1), PER_UNITS);
  return { main, per: per === '' ? '' : `per_${per}` };
}

function unitOf(text: string, names: ReadonlyMap<string, string>): string {
  const unit = text.trim();
  if (/[{}]/.test(unit)) return '';
  return names.get(unit) ?? unit;
}

/** The label of an attribute; empty where nothing of its key is left. */
export function prometheusLabelName(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/gu, '_');
  if (name !== key && !/[^_]/.test(name)) return '';
  if (/^[0-9]/.test(name)) return `key_${name}`;
  return name.startsWith('_') && !name.startsWith('__') ? `key${name}` : name;
}
