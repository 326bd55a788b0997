import type { PrometheusReaderConfig } from '#config';
import type { MetricFamily, Series } from './registry.ts';

/** Units as the Prometheus exporter of the OpenTelemetry Go SDK spells them in names. */
const UNIT_NAMES: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  '1': 'ratio',
  '%': 'percent',
};

export type NamingOptions = Omit<PrometheusReaderConfig, 'host' | 'port'>;

/** Labels that stand there only with `level: detailed`, as in otelcol. */
const DETAILS: ReadonlySet<string> = new Set(['error.type', 'error.permanent']);

/** The metrics in the Prometheus text format 0.0.4, under otelcol's names (research: collector §1.19). */
export function printPrometheus(
  families: readonly MetricFamily[],
  resource: ReadonlyMap<string, string>,
  naming: NamingOptions,
): string {
  const lines: string[] = [];
  const scope: [string, string][] = naming.withoutScopeInfo
    ? []
    : [
        ['otel_scope_name', 'signalbox'],
        ['otel_scope_schema_url', ''],
        ['otel_scope_version', ''],
      ];
  const constant = [...scope, ...resourceLabels(resource, naming)];
  for (const family of families) {
    if (family.isDetailed && !naming.isDetailed) continue;
    const name = prometheusName(family, naming);
    if (family.description !== '') lines.push(`# HELP ${name} ${escapeHelp(family.description)}`);
    lines.push(`# TYPE ${name} ${family.kind}`);
    for (const series of naming.isDetailed ? family.series.values() : withoutDetails(family)) {
      printSeries(lines, name, series, constant);
    }
  }
  if (resource.size > 0) {
    lines.push('# HELP target_info Target metadata', '# TYPE target_info gauge');
    lines.push(`target_info${printLabels([...resource])} 1`);
  }
  return `${lines.join('\n')}\n`;
}

/** `otelcol_exporter_sent_spans`, with `_total` and the unit unless the reader leaves them out. */
function prometheusName(family: MetricFamily, naming: NamingOptions): string {
  let name = legalName(family.name);
  const unit = naming.withoutUnits ? undefined : UNIT_NAMES[family.unit];
  if (unit !== undefined && !name.endsWith(`_${unit}`) && !(unit === 'ratio' && family.kind === 'counter'))
    name += `_${unit}`;
  if (family.kind === 'counter' && !naming.withoutTypeSuffix && !name.endsWith('_total')) name += '_total';
  return name;
}

function resourceLabels(
  resource: ReadonlyMap<string, string>,
  { resourceLabels: chosen }: NamingOptions,
): [string, string][] {
  if (chosen === undefined) return [];
  const isIn = (patterns: readonly string[], key: string): boolean =>
    patterns.some((pattern) => glob(pattern).test(key));
  return [...resource].filter(([key]) => isIn(chosen.included, key) && !isIn(chosen.excluded, key));
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}

/** Series that differ in details only are one. */
function withoutDetails(family: MetricFamily): Iterable<Series> {
  const all = [...family.series.values()];
  if (family.kind !== 'counter' || !all.some(({ labels }) => labels.some(([key]) => DETAILS.has(key)))) return all;
  const merged = new Map<string, Series>();
  for (const series of all) {
    const labels = series.labels.filter(([key]) => !DETAILS.has(key));
    const key = JSON.stringify(labels);
    const before = merged.get(key);
    const read = before === undefined ? series.read() : before.read() + series.read();
    merged.set(key, { labels, histogram: undefined, read: () => read });
  }
  return merged.values();
}

function printSeries(lines: string[], name: string, series: Series, constant: readonly [string, string][]): void {
  const labels = [...series.labels, ...constant];
  const state = series.histogram;
  if (state === undefined) {
    lines.push(`${name}${printLabels(labels)} ${printNumber(series.read())}`);
    return;
  }
  let count = 0;
  state.bounds.forEach((bound, i) => {
    count += state.counts[i]!;
    lines.push(`${name}_bucket${printLabels([...labels, ['le', printNumber(bound)]])} ${count}`);
  });
  lines.push(`${name}_bucket${printLabels([...labels, ['le', '+Inf']])} ${state.count}`);
  lines.push(`${name}_sum${printLabels(labels)} ${printNumber(state.sum)}`);
  lines.push(`${name}_count${printLabels(labels)} ${state.count}`);
}

function printLabels(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return '';
  const parts = labels.map(([key, value]) => `${legalName(key)}="${escapeLabel(value)}"`);
  return `{${parts.join(',')}}`;
}

function legalName(name: string): string {
  const legal = name.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^[0-9]/.test(legal) ? `_${legal}` : legal;
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function escapeHelp(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}
