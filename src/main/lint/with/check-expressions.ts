import { nearest } from '#base';
import type { ConfigNode } from '#config';
import { GONE_COLLECTOR_METRICS } from '#lang';
import { prometheusLabelName } from '#pdata';
import { NAMING_STRATEGIES } from '#wire';
import type { Finding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { TODAY } from '../rules-names.ts';
import { type Companion, type Expression, placeIn } from './companion.ts';
import { CONVENTIONS, type KnownMetric, OWN_METRICS, SERVICE_GRAPH, spanMetricsOf } from './known-metrics.ts';
import { type PromqlSelector, promqlUse } from './promql-use.ts';
import { namesOf, type ServedSeries, servedSeries } from './served.ts';

/** Whether what dashboards and rules ask for will be there. Of metrics that nobody knows beforehand nothing is said. */
export function checkExpressions(file: LintFile, companions: readonly Companion[]): Finding[] {
  const served = servedSeries(file);
  return companions.flatMap(({ expressions }) =>
    expressions.flatMap((expression) => new ExpressionCheck(expression, file, served).findings()),
  );
}

const PLAIN = { namespace: '', naming: NAMING_STRATEGIES.UnderscoreEscapingWithSuffixes! };
const BARE = { namespace: '', naming: NAMING_STRATEGIES.UnderscoreEscapingWithoutSuffixes! };
/** Under the namespaces that the connector has and had. */
const SPAN_METRICS = ['traces.span.metrics', 'traces.spanmetrics'].flatMap((namespace) =>
  ['ms', 's'].flatMap((unit) => spanMetricsOf(namespace, unit, true, true)),
);

class ExpressionCheck {
  readonly #expression: Expression;
  readonly #file: LintFile;
  readonly #served: readonly ServedSeries[];

  constructor(expression: Expression, file: LintFile, served: readonly ServedSeries[]) {
    this.#expression = expression;
    this.#file = file;
    this.#served = served;
  }

  findings(): Finding[] {
    const use = promqlUse(this.#expression.text);
    const { mistake } = use;
    if (mistake !== undefined) return [this.#find('error', 'unreadable-expression', mistake.from, mistake.reason)];
    const findings = use.selectors.flatMap((selector) => this.#selector(selector));
    if (findings.length > 0) return once(findings);
    return once([...use.selectors.flatMap((selector) => this.#matchers(selector)), ...this.#groupings(use)]);
  }

  #selector({ name, from }: PromqlSelector): Finding[] {
    if (name === undefined) return [];
    const known = this.#served.filter((series) => series.name === name);
    if (known.length > 0) return this.#oldMetric(known[0]!, from);
    if (name.startsWith('otelcol_')) return this.#ownMetric(name, from);
    const metric = metricBehind(name);
    if (metric === undefined) return [];
    return [
      this.#find(
        'warning',
        'no-such-series',
        from,
        `no series will ever be called ${name}: ${this.#why(metric, name)}`,
      ),
    ];
  }

  /** Why there is none, and what it is called. */
  #why(metric: KnownMetric, name: string): string {
    const its = this.#served.filter((series) => series.metric.name === metric.name);
    const candidates =
      its.length > 0 ? its : this.#served.filter((series) => isOfSpans(series.metric) === isOfSpans(metric));
    const parts = partOf(name);
    const sameEnd = candidates.filter((series) => partOf(series.name) === parts);
    const near =
      nearest(
        name,
        sameEnd.map((series) => series.name),
      ) ??
      sameEnd[0]?.name ??
      candidates[0]?.name;
    if (near === undefined || candidates.length === 0) {
      return isOfSpans(metric)
        ? 'no connector span_metrics or service_graph feeds an exporter for Prometheus'
        : 'no pipeline takes metrics of services to an exporter for Prometheus';
    }
    const { component, namespace } = (sameEnd[0] ?? candidates[0]!).exporter;
    const prefix =
      namespace !== '' && !name.startsWith(namespace)
        ? `${component.id} puts ${namespace}_ in front of every name; `
        : '';
    return `${prefix}did you mean ${near}?`;
  }

  #oldMetric({ metric, exporter }: ServedSeries, from: number): Finding[] {
    if (metric.today === undefined) return [];
    const today = CONVENTIONS.find(({ name }) => name === metric.today)!;
    const text = `${metric.name} is the old name of a metric, services of today send ${metric.today}, which is ${namesOf(today, exporter)[0]} here`;
    return [this.#find('warning', 'old-metric-name', from, text)];
  }

  #ownMetric(name: string, from: number): Finding[] {
    for (const [gone, today] of GONE_COLLECTOR_METRICS) {
      if (!name.startsWith(gone)) continue;
      const text = `no series will ever be called ${name}: otelcol has had no such metric since 0.110; did you mean ${today}${name.slice(gone.length)}?`;
      return [this.#find('warning', 'no-such-series', from, text), ...this.#unread(from)];
    }
    if (this.#unread(from).length > 0) return this.#unread(from);
    const own = OWN_METRICS.find((metric) => [PLAIN, BARE].some((naming) => namesOf(metric, naming).includes(name)));
    const expected = this.#ownNames();
    if (expected.includes(name) || (own === undefined && !/^otelcol_(receiver|exporter|process)_/.test(name)))
      return [];
    const near = nearest(name, expected);
    if (own === undefined && near === undefined) return [];
    const text = `no series will ever be called ${name}${near === undefined ? '' : `; did you mean ${near}?`}`;
    return [this.#find('warning', 'no-such-series', from, text)];
  }

  /** The own metrics are on a port of this machine alone, and nothing here scrapes it. */
  #unread(from: number): Finding[] {
    if (this.#ownNames().length > 0) return [];
    const reader = this.#file.document.service.telemetry.metrics.prometheusReaders[0];
    const where =
      reader === undefined ? 'are nowhere' : `are at ${reader.host}:${reader.port}, which no other machine reaches`;
    const text =
      `the collector's own metrics ${where}, and no receiver here scrapes them; ` +
      `let the receiver prometheus scrape localhost:${reader?.port ?? 8888}`;
    return [this.#find('warning', 'own-metrics-unread', from, text)];
  }

  /** As the own metrics are called, for whoever can read them. */
  #ownNames(): string[] {
    const names = this.#served.filter(({ metric }) => OWN_METRICS.includes(metric)).map(({ name }) => name);
    for (const { host, withoutTypeSuffix } of this.#file.document.service.telemetry.metrics.prometheusReaders) {
      if (/^(localhost|127\.|::1|\[::1\])/.test(host)) continue;
      names.push(...OWN_METRICS.flatMap((metric) => namesOf(metric, withoutTypeSuffix ? BARE : PLAIN)));
    }
    return names;
  }

  #matchers({ name, matchers, from }: PromqlSelector): Finding[] {
    const series = this.#served.find((one) => one.name === name);
    if (series === undefined) return [];
    return matchers.flatMap(({ name: label }) => {
      const why = this.#lacks(series, label);
      return why === undefined
        ? []
        : [this.#find('warning', 'no-such-label', from, `${series.name} has no label ${label}: ${why}`)];
    });
  }

  #groupings({ selectors, groupings, madeLabels }: ReturnType<typeof promqlUse>): Finding[] {
    const found = selectors.map(({ name }) => this.#served.find((one) => one.name === name));
    // A join may bring labels from what is not known here.
    if (found.some((series) => series === undefined)) return [];
    return groupings.flatMap(({ labels, from }) =>
      labels
        .filter((label) => !madeLabels.includes(label))
        .flatMap((label) => {
          const reasons = found.map((series) => this.#lacks(series!, label));
          if (reasons.length === 0 || reasons.some((why) => why === undefined)) return [];
          return [
            this.#find('warning', 'no-such-label', from, `${found[0]!.name} has no label ${label}: ${reasons[0]}`),
          ];
        }),
    );
  }

  /** Why a series can't have a label; undefined where it can, or where nobody knows. */
  #lacks({ exporter, labels }: ServedSeries, label: string): string | undefined {
    const { component, hasResourceLabels } = exporter;
    if (
      labels?.includes(label) ||
      ALWAYS.has(label) ||
      isConstant(component.node('const_labels') ?? component.node('external_labels'), label)
    ) {
      return undefined;
    }
    if (OF_RESOURCES.test(label)) {
      if (hasResourceLabels) return undefined;
      return `it is one of the resource, and ${component.id} has no resource_constant_labels; join with target_info, or set them`;
    }
    const today = OLD_LABELS.get(label);
    if (today !== undefined) return `that was its name; services of today send ${today}`;
    if (labels === undefined || hasResourceLabels) return undefined;
    const near = nearest(label, [...labels]);
    return `the connector gives it ${labels.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
  }

  #find(level: Finding['level'], rule: string, offset: number, text: string): Finding {
    const { owner } = this.#expression;
    const message = owner === '' ? text : `"${owner}": ${text}`;
    return { level, rule, message, place: placeIn(this.#expression, offset) };
  }
}

/** Each thing once for each line. */
function once(findings: readonly Finding[]): Finding[] {
  const known = new Map(findings.map((one) => [`${one.place.line} ${one.message}`, one]));
  return [...known.values()];
}

const ALWAYS = new Set([
  'job',
  'instance',
  'le',
  'quantile',
  'otel_scope_name',
  'otel_scope_version',
  'otel_scope_schema_url',
]);
/** Of attributes that stand on resources by convention. */
const OF_RESOURCES = /^(service|k8s|host|os|process|container|cloud|telemetry|faas|device|deployment)_/;
const OLD_LABELS: ReadonlyMap<string, string> = new Map(
  Object.entries(TODAY).map(([old, names]) => [prometheusLabelName(old), names.map(prometheusLabelName).join(' and ')]),
);

function isConstant(node: ConfigNode | undefined, label: string): boolean {
  return node?.kind === 'map' && node.entries.has(label);
}

/** The end that tells the parts of a histogram apart. */
function partOf(name: string): string {
  return /_(bucket|count|sum|total)$/.exec(name)?.[0] ?? '';
}

function isOfSpans(metric: KnownMetric): boolean {
  return SPAN_METRICS.includes(metric) || SERVICE_GRAPH.includes(metric) || metric.name.startsWith('traces');
}

/** The metric that a name means under some naming: with a prefix, without suffixes. */
function metricBehind(name: string): KnownMetric | undefined {
  const all = [...CONVENTIONS, ...SPAN_METRICS, ...SERVICE_GRAPH];
  const isCalled = (text: string): KnownMetric | undefined =>
    all.find((metric) => [PLAIN, BARE].some((naming) => namesOf(metric, naming).includes(text)));
  return isCalled(name) ?? isCalled(name.replace(/^[a-z0-9]+_/, ''));
}
