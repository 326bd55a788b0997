import { ManualClock } from '#base';
import { Labels, MemorySource, type SequenceValue } from '#query/promql.ts';
import type { SentAlert } from '../alert-sink.ts';
import { RULE_DEFAULTS, type RuleContext } from '../context.ts';
import { EngineRuleQueries } from '../engine-queries.ts';
import { RuleManager } from '../manager.ts';
import { readRules } from '../read-rules.ts';
import type { RuleSample } from '../sink.ts';
import { Turns } from '../turns.ts';

export const STALE: SequenceValue = { kind: 'stale' };
const floatOf = (value: number): SequenceValue => ({ kind: 'float', value });

/** A server's rules in simulated time, on samples in memory that recording rules add to. */
export class RuleWorld {
  readonly clock: ManualClock = new ManualClock(1_700_000_000_000);
  readonly samples: MemorySource = new MemorySource();
  readonly written: RuleSample[] = [];
  readonly sent: SentAlert[] = [];
  readonly logged: string[] = [];
  sinkError: Error | undefined = undefined;
  manager: RuleManager = this.newManager();

  newManager(changes: Partial<RuleContext> = {}): RuleManager {
    return new RuleManager({
      ...RULE_DEFAULTS,
      clock: this.clock,
      queries: new EngineRuleQueries({ samples: () => this.samples }),
      series: {
        append: async (samples) => {
          if (this.sinkError !== undefined) throw this.sinkError;
          this.written.push(...samples);
          for (const sample of samples)
            this.samples.add(sample.labels, sample.timeMs, sample.isStale ? STALE : floatOf(sample.value));
        },
      },
      alerts: { send: (alerts) => void this.sent.push(...alerts) },
      externalUrl: 'http://here',
      externalLabels: new Map(),
      turns: new Turns(2),
      catchUpTurns: new Turns(1),
      log: (_, message) => void this.logged.push(message),
      ...changes,
    });
  }

  async load(text: string): Promise<void> {
    await this.manager.update([readRules(text, 'f.yml')]);
  }

  /** One more value of a series, as if it was scraped now. */
  set(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.samples.add(Labels.of(Object.entries({ __name__: name, ...labels })), this.clock.nowMs(), floatOf(value));
  }

  /** Moves on second by second, with what is set each time. */
  async run(seconds: number, each: () => void = () => undefined): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      each();
      await this.clock.advance(1000);
      // Queries on memory take some turns of the loop, never time.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  values(name: string): string[] {
    return this.written
      .filter(({ labels }) => labels.metricName === name)
      .map(({ labels, value, isStale }) => `${labels.withoutName()} ${isStale ? 'stale' : value}`);
  }
}
