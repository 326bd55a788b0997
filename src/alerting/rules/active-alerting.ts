import { compareText } from '#base';
import { StringMap } from '#lang/go-template';
import { type FloatHistogram, Labels, printHistogram } from '#query/promql.ts';
import { type ActiveRule, type Evaluation, identityOf, RuleHealth, writtenLabels } from './active-rule.ts';
import { type Alert, advance, needsSending } from './alert.ts';
import type { SentAlert } from './alert-sink.ts';
import type { RuleContext } from './context.ts';
import { type GrafanaCondition, printValues } from './grafana/condition.ts';
import { type GrafanaOutcome, type GrafanaSample, grafanaOutcome, TemplateValue } from './grafana/instances.ts';
import { type AlertState, alertOf, alertState } from './group-state.ts';
import type { LastSample, VectorSample } from './queries.ts';
import { restoredActiveAtMs } from './restore.ts';
import type { AlertingRule } from './rule.ts';
import { parseRuleExpr, type RuleExpr } from './rule-expr.ts';
import { TemplateSample, tableLink } from './rule-functions.ts';
import type { TemplateContext, TemplateData } from './rule-template.ts';
import type { RuleSample } from './sink.ts';

/** An alerting rule at work (rules/alerting.go of Prometheus 3.16). */
export class ActiveAlerting implements ActiveRule {
  readonly rule: AlertingRule;
  readonly health: RuleHealth = new RuleHealth();
  readonly identity: string;
  readonly labels: Labels;
  readonly #context: RuleContext;
  /** By the key of their labels. */
  #alerts = new Map<string, Alert>();
  /** Until then no series are written: they would hide those that the state is restored from. */
  #isRestored: boolean;
  #failure: Error | undefined = undefined;
  /** Of a rule of Grafana: which instance each alert is of, by the keys of their labels, and for how many evaluations that has been gone. */
  readonly #instances = new Map<string, { readonly key: string; missed: number }>();

  constructor(rule: AlertingRule, context: RuleContext, isRestored: boolean) {
    this.rule = rule;
    this.identity = identityOf(rule);
    this.#context = context;
    this.labels = writtenLabels(rule);
    this.#isRestored = isRestored;
  }

  /** All, resolved ones included. */
  get alerts(): readonly Alert[] {
    return Array.from(this.#alerts.values());
  }

  get activeAlerts(): readonly Alert[] {
    return this.alerts.filter(({ resolvedAtMs }) => resolvedAtMs === undefined);
  }

  /** The highest of its alerts. */
  get state(): 'unknown' | Alert['state'] {
    if (this.health.lastEvaluationMs === undefined) return 'unknown';
    const states = new Set(this.alerts.map(({ state }) => state));
    return states.has('firing') ? 'firing' : states.has('pending') ? 'pending' : 'inactive';
  }

  /** Goes on with the alerts of the same rule in the configuration before. */
  takeOver(from: ActiveAlerting): void {
    for (const [key, alert] of from.#alerts) this.#alerts.set(key, alert);
    for (const [key, instance] of from.#instances) this.#instances.set(key, instance);
  }

  /** Its alerts for another server. */
  get states(): readonly AlertState[] {
    return Array.from(this.#alerts, ([key, alert]) => alertState(alert, this.#instances.get(key)));
  }

  /** Shows the alerts that another server has. */
  show(states: readonly AlertState[]): void {
    this.#alerts = new Map(states.map(alertOf).map((alert) => [alert.labels.key, alert]));
    this.#instances.clear();
    for (const { labels, instance } of states)
      if (instance !== undefined) this.#instances.set(Labels.of(labels).key, { ...instance });
  }

  /** Goes on with the alerts that it has: nothing is to be restored. Gives the series that they are stored as. */
  resume(): readonly Labels[] {
    this.#isRestored = true;
    return this.activeAlerts.flatMap((alert) =>
      [this.#stateSample(alert, 0), this.#sinceSample(alert, 0)].map(({ labels }) => labels),
    );
  }

  /** Why the last evaluation failed, where alerts tell of that: a rule of Grafana's says so. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  async evaluate(evaluation: Evaluation): Promise<readonly RuleSample[]> {
    const { timeMs, queryOffsetMs, limit, signal, queries } = evaluation;
    const atMs = timeMs - queryOffsetMs;
    const { expr } = this.rule;
    const outcome = expr.language === 'grafana' ? await this.#outcome(expr, atMs, evaluation) : undefined;
    this.#failure = outcome?.error;
    const vector = outcome?.samples ?? (await queries.instant(expr as RuleExpr, atMs, signal));
    const found = await this.#found(vector, evaluation);
    const kept = outcome === undefined ? NONE : this.#kept(outcome, found);
    for (const [key, alert] of found) {
      const known = this.#alerts.get(key);
      if (known === undefined || known.state === 'inactive') this.#alerts.set(key, alert);
      else {
        known.value = alert.value;
        known.annotations = alert.annotations;
      }
    }
    const { forMs: holdMs, keepFiringForMs } = this.rule;
    const samples: RuleSample[] = [];
    let activeCount = 0;
    for (const [key, alert] of this.#alerts) {
      const next = advance(alert, found.has(key) || kept.has(key), { timeMs, holdMs, keepFiringForMs });
      if (next === 'gone') {
        this.#alerts.delete(key);
        this.#instances.delete(key);
      }
      if (next !== 'active') continue;
      activeCount++;
      if (this.#isRestored) samples.push(this.#stateSample(alert, atMs), this.#sinceSample(alert, atMs));
    }
    if (limit > 0 && activeCount > limit) {
      this.#alerts = new Map();
      throw new Error(`exceeded limit of ${limit} with ${activeCount} alerts`);
    }
    return samples;
  }

  /** What is to be told now. Counts as told. */
  due(timeMs: number, intervalMs: number): readonly SentAlert[] {
    const { resendDelayMs, externalUrl } = this.#context;
    const generatorUrl = externalUrl + this.#page();
    return this.alerts
      .filter((alert) => needsSending(alert, timeMs, resendDelayMs))
      .map((alert) => {
        alert.lastSentMs = timeMs;
        // Two evaluations, or messages to an Alertmanager, may fail.
        alert.validUntilMs = timeMs + 4 * Math.max(intervalMs, resendDelayMs);
        return {
          labels: alert.labels,
          annotations: alert.annotations,
          startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
          endsAtMs: alert.resolvedAtMs ?? alert.validUntilMs,
          generatorUrl,
        };
      });
  }

  /** Where a person sees what the rule is about: the page of metrics asks in PromQL alone. */
  #page(): string {
    const { expr, query, grafana } = this.rule;
    if (expr.language === 'promql') return tableLink(query);
    return grafana?.dashboardUid ? `/dashboards/${encodeURIComponent(grafana.dashboardUid)}` : '/alerts';
  }

  async #outcome(expr: GrafanaCondition, timeMs: number, { queries, signal }: Evaluation): Promise<GrafanaOutcome> {
    const firing = new Set(
      Array.from(this.#alerts).flatMap(([key, { state }]) =>
        state === 'firing' ? (this.#instances.get(key)?.key ?? []) : [],
      ),
    );
    return grafanaOutcome(expr, this.rule.grafana!, {
      ...{ queries, timeMs, signal },
      isFiring: (labels) => firing.has(labels.key),
      hasAlerts: this.activeAlerts.some(({ state }) => state !== 'inactive'),
    });
  }

  /** Alerts that stay as they are although they are not found. */
  #kept({ keeps, present, held }: GrafanaOutcome, found: ReadonlyMap<string, Alert>): ReadonlySet<string> {
    const kept = new Set<string>();
    for (const [key, { state }] of this.#alerts) {
      const instance = this.#instances.get(key);
      if (found.has(key) || state === 'inactive' || instance === undefined) continue;
      instance.missed++;
      const isMissing = !present.has(instance.key) && instance.missed < this.rule.grafana!.missingMax;
      if (keeps === 'all' || held.has(instance.key) || (keeps === 'missing' && isMissing)) kept.add(key);
    }
    return kept;
  }

  /** Since when alerts are active, from what was stored before the start: the last of `ALERTS_FOR_STATE`, by the key of the alert's labels. */
  restore(stored: ReadonlyMap<string, LastSample>, nowMs: number): void {
    const { forGracePeriodMs } = this.#context;
    for (const alert of this.#alerts.values()) {
      const sample = stored.get(alert.labels.key);
      if (sample === undefined || sample.isStale) continue;
      const settings = { nowMs, holdMs: this.rule.forMs, forGracePeriodMs };
      alert.activeAtMs = restoredActiveAtMs(sample, settings) ?? alert.activeAtMs;
    }
    // Nothing tries again: what could not be restored begins anew.
    this.#isRestored = true;
  }

  async #found(vector: readonly VectorSample[], evaluation: Evaluation): Promise<ReadonlyMap<string, Alert>> {
    const { timeMs } = evaluation;
    const templates: TemplateContext = { timeMs, query: (text) => this.#query(text, evaluation) };
    const found = new Map<string, Alert>();
    for (const sample of vector) {
      const data = this.#templateData(sample);
      const labels = await this.#alertLabels(sample, data, templates);
      if (found.has(labels.key))
        throw new Error('vector contains metrics with the same labelset after applying alert labels');
      const annotations = new Map<string, string>();
      for (const [name, template] of sorted(this.rule.annotations))
        annotations.set(name, await template.expand(data, templates));
      if (this.#failure !== undefined && isGrafana(sample)) annotations.set('Error', this.#failure.message);
      if (isGrafana(sample)) this.#instances.set(labels.key, { key: instanceKey(sample), missed: 0 });
      found.set(labels.key, {
        state: 'pending',
        labels,
        annotations,
        value: sample.value,
        activeAtMs: timeMs,
        firedAtMs: undefined,
        resolvedAtMs: undefined,
        lastSentMs: undefined,
        validUntilMs: undefined,
        keepFiringSinceMs: undefined,
      });
    }
    return found;
  }

  async #alertLabels(sample: VectorSample, data: TemplateData, templates: TemplateContext): Promise<Labels> {
    const pairs = new Map(sample.labels.pairs);
    pairs.delete('__name__');
    for (const [name, template] of sorted(this.rule.labels)) pairs.set(name, await template.expand(data, templates));
    const about = isGrafana(sample) ? sample.about : undefined;
    if (about !== undefined) pairs.set('rulename', this.rule.name);
    pairs.set('alertname', about ?? this.rule.name);
    return Labels.of(pairs);
  }

  #templateData(sample: VectorSample): TemplateData {
    const { labels, value, histogram } = sample;
    const { externalLabels, externalUrl } = this.#context;
    if (isGrafana(sample)) {
      const values = sample.instance?.values ?? [];
      return {
        labels: new StringMap(labels.pairs as [string, string][]),
        externalLabels: new StringMap(externalLabels),
        externalUrl,
        value: printValues(values),
        values: new Map(values.map((each) => [each.refId, new TemplateValue(each)])),
      };
    }
    return {
      labels: new StringMap(labels.pairs as [string, string][]),
      externalLabels: new StringMap(externalLabels),
      externalUrl,
      value: histogram === undefined ? value : new HistogramValue(histogram),
    };
  }

  async #query(text: string, { timeMs, signal, queries }: Evaluation): Promise<readonly TemplateSample[]> {
    const { language } = this.rule.expr;
    const expr = parseRuleExpr(text, language === 'grafana' ? 'promql' : language);
    const vector = await queries.instant(expr, timeMs, signal);
    return vector.map(({ labels, value, histogram }) => {
      const shown = histogram === undefined ? value : new HistogramValue(histogram);
      return new TemplateSample(new StringMap(labels.pairs as [string, string][]), shown);
    });
  }

  #stateSample(alert: Alert, timeMs: number): RuleSample {
    const named = { __name__: 'ALERTS', alertname: alert.labels.get('alertname'), alertstate: alert.state };
    return sampleOf(this.#named(alert, named), timeMs, 1);
  }

  #sinceSample(alert: Alert, timeMs: number): RuleSample {
    const named = { __name__: 'ALERTS_FOR_STATE', alertname: alert.labels.get('alertname') };
    return sampleOf(this.#named(alert, named), timeMs, Math.floor(alert.activeAtMs / 1000));
  }

  #named(alert: Alert, named: Readonly<Record<string, string>>): Labels {
    return Labels.of(new Map([...this.labels.pairs, ...alert.labels.pairs, ...Object.entries(named)]));
  }

  /** Labels that are templates differ between the alerts. */
}

const NONE: ReadonlySet<string> = new Set();

function isGrafana(sample: VectorSample): sample is GrafanaSample {
  return 'about' in sample;
}

/** Of the labels that the condition gave; an alert about the rule is of an instance of its own. */
function instanceKey({ labels, about }: GrafanaSample): string {
  return about === undefined ? labels.key : `${about} ${labels.key}`;
}

function sampleOf(labels: Labels, timeMs: number, value: number): RuleSample {
  return { labels, timeMs, value, histogram: undefined, isStale: false };
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return Array.from(map).sort(([a], [b]) => compareText(a, b));
}

/** A histogram as the value of an alert: templates print it. */
class HistogramValue {
  static readonly goType = '*histogram.FloatHistogram';
  readonly #histogram: FloatHistogram;
  constructor(histogram: FloatHistogram) {
    this.#histogram = histogram;
  }
  String(): string {
    return printHistogram(this.#histogram);
  }
}
