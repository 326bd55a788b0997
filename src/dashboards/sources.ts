import type { SourceRef } from './model.ts';
import { interpolate } from './variables/interpolate.ts';
import type { Scope } from './variables/scope.ts';

export type SourceKind = 'prometheus' | 'loki' | 'tempo';

/** Which of our APIs answers for a data source of a dashboard, or why none does. */
export type AnsweredBy =
  | { readonly kind: SourceKind }
  /** Panels that show another panel's answer, several sources or what Grafana itself knows. */
  | { readonly kind: 'mixed' | 'none'; readonly reason: string };

/** Types of plug-ins that speak Prometheus' API. */
const SPEAKS_PROMETHEUS = /prometheus|victoriametrics-metrics|mimir|cortex|thanos/i;

/** Our data sources, for variables that list them. */
export const OWN_SOURCES = [
  { type: 'prometheus', name: 'Signalbox', uid: 'signalbox' },
  { type: 'loki', name: 'Signalbox logs', uid: 'signalbox-logs' },
  { type: 'tempo', name: 'Signalbox traces', uid: 'signalbox-traces' },
] as const;

/**
 * By name, uid or variable, every source of a kind that the store has leads to the store: a dashboard's sources are of the installation that it
 * came from. A source that says nothing is taken for Prometheus', as most are.
 */
export function answeredBy(ref: SourceRef | undefined, scope: Scope): AnsweredBy {
  const uid = ref === undefined ? '' : interpolate(ref.uid, scope, 'glob');
  const type = ref?.type ?? '';
  const own = OWN_SOURCES.find((source) => source.uid === uid);
  const name = own?.type ?? (type === '' ? uid : type);
  if (/^-- Mixed --$/i.test(uid)) return { kind: 'mixed', reason: 'each query has its own source' };
  if (/^-- Dashboard --$/i.test(uid))
    return { kind: 'none', reason: 'shows what another panel asked for, which is not drawn yet' };
  if (/^(-- )?Grafana( --)?$/i.test(uid) || type === 'datasource')
    return { kind: 'none', reason: 'shows what Grafana itself knows' };
  if (/loki|victoriametrics-logs/i.test(name)) return { kind: 'loki' };
  if (/tempo|jaeger|zipkin/i.test(name)) return { kind: 'tempo' };
  if (name === '' || name === 'default' || SPEAKS_PROMETHEUS.test(name) || isUnknownName(type, uid))
    return { kind: 'prometheus' };
  return { kind: 'none', reason: `asks a data source of type ${name}, which the store is not` };
}

/** A name or uid without a type: anybody's, so it is tried. */
function isUnknownName(type: string, uid: string): boolean {
  return type === '' && !/elastic|opensearch|influx|postgres|mysql|cloudwatch|graphite|infinity|testdata/i.test(uid);
}
