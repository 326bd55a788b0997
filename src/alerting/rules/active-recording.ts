import { Labels } from '#query/promql.ts';
import { type ActiveRule, type Evaluation, identityOf, RuleHealth, writtenLabels } from './active-rule.ts';
import type { RecordingRule } from './rule.ts';
import type { RuleSample } from './sink.ts';

/** A recording rule at work (rules/recording.go of Prometheus 3.16). */
export class ActiveRecording implements ActiveRule {
  readonly rule: RecordingRule;
  readonly health: RuleHealth = new RuleHealth();
  readonly identity: string;
  readonly labels: Labels;

  constructor(rule: RecordingRule) {
    this.rule = rule;
    this.identity = identityOf(rule);
    this.labels = writtenLabels(rule);
  }

  async evaluate({ timeMs, queryOffsetMs, limit, signal, queries }: Evaluation): Promise<readonly RuleSample[]> {
    const { expr, name, labels } = this.rule;
    const atMs = timeMs - queryOffsetMs;
    const vector = await queries.instant(expr, atMs, signal);
    const seen = new Set<string>();
    const samples = vector.map((sample): RuleSample => {
      const pairs = new Map(sample.labels.pairs);
      pairs.set('__name__', name);
      for (const [label, value] of labels) pairs.set(label, value);
      const named = Labels.of(pairs);
      if (seen.has(named.key))
        throw new Error('vector contains metrics with the same labelset after applying rule labels');
      seen.add(named.key);
      return { labels: named, timeMs: atMs, value: sample.value, histogram: sample.histogram, isStale: false };
    });
    if (limit > 0 && samples.length > limit)
      throw new Error(`exceeded limit of ${limit} with ${samples.length} series`);
    return samples;
  }
}
