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

export type NamingOptions = Pick<PrometheusReaderConfig, 'withoutUnits' | 'withoutTypeSuffix' | 'withoutScopeInfo'>;

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
        ['otel_scope_version', ''],
      ];
  for (const family of families) {
    const name = prometheusName(family, naming);
    if (family.description !== '') lines.push(`# HELP ${name} ${escapeHelp(family.description)}`);
    lines.push(`# TYPE ${name} ${family.kind}`);
    for (const series of family.series.values()) printSeries(lines, name, series, scope);
  }
  if (resource.size > 0) {
    lines.push('# HELP target_info Target metadata', '# TYPE target_info gauge');
    lines.push(`target_info${printLabels([...resource])} 1`);
  }
  return `${lines.join('\n')}\n`;
}

/** `otelcol_exporter_sent_spans`, with `_total` and the unit unless the reader leaves them out. */
export function prometheusName(family: MetricFamily, naming: NamingOptions): string {
  let name = legalName(family.name);
  const unit = naming.withoutUnits ? undefined : UNIT_NAMES[family.unit];
  if (unit !== undefined && !name.endsWith(`_${unit}`) && !(unit === 'ratio' && family.kind === 'counter'))
    name += `_${unit}`;
  if (family.kind === 'counter' && !naming.withoutTypeSuffix && !name.endsWith('_total')) name += '_total';
  return name;
}

function printSeries(lines: string[], name: string, series: Series, scope: readonly [string, string][]): void {
  const labels = [...series.labels, ...scope];
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
